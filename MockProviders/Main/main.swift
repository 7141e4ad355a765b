print("MockProviders")
