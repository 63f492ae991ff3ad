"""`onelot demo`: a city, its drivers and a day that passes in minutes, with everything it runs on."""
