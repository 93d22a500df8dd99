"""What is asked of Unsplash: photos of a topic's source, and what that would cost.

What becomes of the answers is in `library.selection`; how a source is asked for in
`unsplash.sources`.
"""
