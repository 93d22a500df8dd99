"""The API of Unsplash: what is asked (`client`), what comes back (`models`), its price (`budget`).

Pictures are downloaded, and photos remembered, in `library`.
"""
