"""Random histories of a few lots, told to one district as they happen and to its mirror anyhow: `fleet` makes them,
`places` registers the two districts, `telling` tells, `outcomes` compares and holds what must always be.
"""
