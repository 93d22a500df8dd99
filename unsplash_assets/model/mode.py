"""The mode: live with an Access Key, demo without; demo and live photos never mix."""

from typing import Literal

Mode = Literal["live", "demo"]
