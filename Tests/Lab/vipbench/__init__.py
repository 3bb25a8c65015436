"""How long a floating address is out of reach when its holder fails: of any daemon that a profile describes."""
