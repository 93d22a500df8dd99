"""Tests of `settings.environment`: where the variables come from, and who else may read them."""

import os
import shlex
import sys
from pathlib import Path

import pytest

from unsplash_assets.errors import UnsplashAssetsError
from unsplash_assets.settings import environment
from unsplash_assets.settings.variables import VARIABLES

KEY = "Zq7_a-made-up-Access-Key_81"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project folder with this project's dagster.yaml."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "dagster.yaml").write_text("# unsplash_assets: Dagster's own settings\n")
    return folder


def test_settings_are_loaded_from_below_the_project_and_relative_to_it(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / ".env").write_text("UNSPLASH_LIBRARY=photos\n")
    below = project / "docs"
    below.mkdir()
    monkeypatch.chdir(below)
    monkeypatch.setenv("UNSPLASH_TOPICS", "sea")
    loaded = environment.load()
    assert (loaded.project, loaded.library) == (project, project / "photos")
    assert loaded.topic_names == ("sea",)


def test_the_env_file_wins_over_the_environment(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSPLASH_RENDITION", "full")
    (project / ".env").write_text("UNSPLASH_RENDITION=small\n")
    monkeypatch.chdir(project)
    assert environment.load().rendition == "small"


@pytest.mark.parametrize("line", ["UNSPLASH_API_KEY=", "UNSPLASH_API_KEY", 'UNSPLASH_API_KEY=""'])
def test_an_empty_value_in_the_env_file_unsets_what_the_shell_has(
    project: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.setenv("UNSPLASH_API_KEY", KEY)
    monkeypatch.chdir(project)
    assert environment.load().mode == "live"
    (project / ".env").write_text(f"{line}\n")
    assert environment.load().mode == "demo"


def test_an_env_file_that_is_not_utf_8_is_an_error_that_names_it(project: Path) -> None:
    (project / ".env").write_text("UNSPLASH_TOPICS=sea\n", encoding="utf-16")
    with pytest.raises(UnsplashAssetsError, match=r"\.env"):
        environment.variables(project)


def test_a_secret_is_read_from_the_env_file_when_it_is_asked_for(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setenv("SECOND_KEY", "of the shell")
    assert environment.secret("SECOND_KEY") == "of the shell"
    (project / ".env").write_text("SECOND_KEY=of the file\n")
    assert environment.secret("SECOND_KEY") == "of the file"
    (project / ".env").write_text('SECOND_KEY=" of the file "\n')
    assert environment.secret("SECOND_KEY") == "of the file"
    (project / ".env").write_text("SECOND_KEY=\n")
    assert environment.secret("SECOND_KEY") is None
    assert environment.secret("NO_SUCH_KEY") is None


def test_a_program_that_is_not_ours_gets_the_environment_without_our_variables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = dict(os.environ)
    for variable in VARIABLES:
        monkeypatch.setenv(variable.name, "a-secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", "a-secret")
    assert environment.without_secrets() == before


@pytest.mark.parametrize(
    ("is_project", "env_file", "home"),
    [
        pytest.param(True, "", ".", id="the project"),
        pytest.param(False, "", ".", id="a home in its place"),
        pytest.param(True, "DAGSTER_HOME=/opt", "/opt", id="what the env file says"),
    ],
)
def test_entering_a_project_gives_dagster_its_home(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_project: bool,
    env_file: str,
    home: str,
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "")
    folder = tmp_path / "entered"
    folder.mkdir()
    (folder / ".env").write_text(env_file)
    if is_project:
        (folder / "dagster.yaml").write_text("# unsplash_assets\n")
    environment.enter_project(folder)
    assert Path.cwd() == (folder if is_project else tmp_path)
    assert Path(os.environ["DAGSTER_HOME"]) == folder / home


def test_entering_a_project_lets_others_read_its_env_file(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(project))
    monkeypatch.setenv("HTTPS_PROXY", "http://of-the-shell")
    (project / ".env").write_text("HTTPS_PROXY=http://of-the-file\n")
    environment.enter_project(project)
    assert os.environ["HTTPS_PROXY"] == "http://of-the-file"


@pytest.fixture
def strangers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: that of another Dagster project, with an .env of its own."""
    folder = tmp_path / "stranger's"
    folder.mkdir()
    (folder / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    said = ["UNSPLASH_API_URL=http://127.0.0.1:9", "BROWSER=rm", "SSL_CERT_FILE=x", "SECOND_KEY=x"]
    (folder / ".env").write_text("\n".join(said))
    monkeypatch.setenv("UNSPLASH_API_KEY", KEY)
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.usefixtures("strangers")
def test_the_env_file_of_another_project_does_not_count() -> None:
    """The shell's key would go to the server that it names, and its browser would be started."""
    loaded = environment.load()
    assert loaded.api_url == "https://api.unsplash.com"
    assert loaded.browsers == ()
    assert environment.certificates() is None
    assert environment.secret("SECOND_KEY") is None


def test_below_a_project_the_env_file_of_the_current_folder_does_not_count(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / ".env").write_text("UNSPLASH_RENDITION=small\n")
    below = project / "unpacked"
    below.mkdir()
    (below / ".env").write_text("UNSPLASH_RENDITION=raw\n")
    monkeypatch.chdir(below)
    assert environment.load().rendition == "small"


def test_entering_another_folder_does_not_take_its_env_file(
    strangers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    environment.enter_project(strangers)
    assert "BROWSER" not in os.environ


posix_only = pytest.mark.skipif(sys.platform == "win32", reason="has no such permissions")


@posix_only
@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644, 0o666])
@pytest.mark.parametrize(
    ("line", "name"),
    [
        (f"UNSPLASH_API_KEY={KEY}", "UNSPLASH_API_KEY"),
        ("UNSPLASH_CATALOGUE=postgresql://me:hidden@host/photos", "UNSPLASH_CATALOGUE"),
        ("AWS_SECRET_ACCESS_KEY=hidden", "AWS_SECRET_ACCESS_KEY"),
    ],
)
def test_an_env_file_with_a_secret_that_others_can_read_is_warned_of_with_the_remedy(
    project: Path, mode: int, line: str, name: str
) -> None:
    file = project / ".env"
    file.write_text(f"{line}\n")
    file.chmod(mode)
    said = environment.exposed_secrets(project)
    assert said is not None
    assert len(said.splitlines()) == 1
    assert name in said
    assert KEY not in said
    assert "hidden" not in said
    remedy = shlex.split(said.rpartition(": ")[2])
    assert remedy == ["chmod", "600", str(file)]
    file.chmod(int(remedy[1], 8))
    assert environment.exposed_secrets(project) is None


@posix_only
@pytest.mark.parametrize(
    "lines", ["", "# UNSPLASH_API_KEY=\n", "UNSPLASH_API_KEY=\n", "UNSPLASH_TOPICS=sea\n",
              "UNSPLASH_CATALOGUE=postgresql://host/photos\n"]
)  # fmt: skip
def test_an_env_file_without_a_secret_may_be_read_by_others(project: Path, lines: str) -> None:
    (project / ".env").write_text(lines)
    (project / ".env").chmod(0o644)
    assert environment.exposed_secrets(project) is None


def test_what_the_env_file_says_of_a_bucket_reaches_the_process(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "of the shell")
    lines = ["AWS_REGION=eu-central-1", "AWS_ACCESS_KEY_ID=x", "OTHER=1"]
    (project / ".env").write_text("\n".join(lines))
    monkeypatch.chdir(project)
    environment.load()
    assert "AWS_ACCESS_KEY_ID" not in os.environ
    lines += ["UNSPLASH_LIBRARY=s3://bucket/wall", "UNSPLASH_CATALOGUE=sqlite:///c.db"]
    (project / ".env").write_text("\n".join(lines))
    environment.load()
    assert (os.environ["AWS_REGION"], os.environ["AWS_ACCESS_KEY_ID"]) == ("eu-central-1", "x")
    assert "OTHER" not in os.environ


def test_without_an_env_file_nothing_is_exposed(project: Path) -> None:
    assert environment.exposed_secrets(project) is None


@posix_only
def test_an_env_file_that_does_not_count_is_not_warned_of(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").unlink()
    (tmp_path / ".env").write_text(f"UNSPLASH_API_KEY={KEY}\n")
    (tmp_path / ".env").chmod(0o644)
    assert environment.exposed_secrets(tmp_path) is None


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("UNSPLASH_TOPIC", "UNSPLASH_TOPICS"),
        ("UNSPLASH_ACCESS_KEY", "UNSPLASH_API_KEY"),
        ("UNSPLASH_LIBRARY_PATH", "UNSPLASH_LIBRARY"),
        ("UNSPLASH_CATALOG", "UNSPLASH_CATALOGUE"),
        ("UNSPLASH_rendition", "UNSPLASH_RENDITION"),
        ("UNSPLASH_TOKEN", None),
    ],
)
def test_a_variable_that_nobody_reads_is_named_with_the_nearest_one(
    project: Path, monkeypatch: pytest.MonkeyPatch, name: str, nearest: str | None
) -> None:
    does = f"did you mean {nearest}?" if nearest else ".env.example lists them all"
    monkeypatch.setenv(name, "a-secret")
    assert list(environment.unknown_settings(project)) == [
        f"{name} is no setting of this project: {does}"
    ]
    monkeypatch.delenv(name)
    (project / ".env").write_text(f"{name}=a-secret\n")
    assert list(environment.unknown_settings(project)) == [
        f"{name} (in .env) is no setting of this project: {does}"
    ]


def test_a_variable_that_somebody_reads_or_that_is_empty_is_not_warned_of(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["UNSPLASH_PROJECT", "UNSPLASH_API_KEY_2", *(variable.name for variable in VARIABLES)]
    for name in names:
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("UNSPLASH_TOPIC", "")
    assert list(environment.unknown_settings(project)) == []


def test_a_project_that_its_own_env_file_names_is_warned_of(project: Path) -> None:
    (project / ".env").write_text("UNSPLASH_PROJECT=/elsewhere\n")
    assert list(environment.unknown_settings(project)) == [
        "UNSPLASH_PROJECT has no effect in .env: set it in the shell"
    ]
