"""Does a dataset look like a perturbation, or like something else?"""
