"""A small working task that `seqops new-task` copies: is the sum of a few digits odd?"""
