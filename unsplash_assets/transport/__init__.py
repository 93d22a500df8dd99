"""The one seam that all network traffic passes: a URL in; status, headers and chunks out.

`base` defines the limits of an exchange, `http` makes one with urllib3 (with `ways`, `deadline` and
`reasons`), `wsgi` lets an application of this process answer instead of the network, `modes`
chooses between the two, `urls` reads URLs. Only this room uses requests and urllib3. `unsplash` and
`library` decide what to ask for and what an answer means.
"""
