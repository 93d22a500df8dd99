"""The kinds of database that a catalogue can be in, each behind one seam, `base.Backend`.

`sqlite` and `postgres` hold all that is special to one of them: how a transaction begins, who makes
the tables, whose clock counts, and what an error means. `addresses` reads UNSPLASH_CATALOGUE.
Nothing outside of this folder asks which kind it is.
"""
