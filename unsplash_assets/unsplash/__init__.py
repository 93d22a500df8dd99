"""The API of Unsplash: what is asked (`client`), what comes back (`models`), what it costs
(`budget`).

Pictures are downloaded, and photos remembered, in `library`.
"""
