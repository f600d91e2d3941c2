def keep_defaults(records, fnames):
    """Records deaf to the defaults that a caller sends along, but for some fields: what changes by
    buttons alone is not stated by default either.

    :param BaseModel records:
    :param fnames: names of the fields that people may write
    :rtype: BaseModel
    """
    closed = {f'default_{fname}' for fname in records._fields if fname not in fnames}
    context = {key: value for key, value in records.env.context.items() if key not in closed}
    return records.with_env(records.env(context=context))
