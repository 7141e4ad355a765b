print("one-api")
