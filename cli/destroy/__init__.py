"""``loop destroy``: an environment and everything that it left, kind by kind, found before it is removed and looked for again after."""
