"""tests of kgqa.ui"""
