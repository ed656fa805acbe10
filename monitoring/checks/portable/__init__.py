"""Services and their checks as a YAML file: read with places, exported, compared, imported all or nothing.

Format:
    version: 1
    services:
      shop:                       # slug
        name: Shop
        owner: web
        depends_on: [database]
        checks:
          home:                   # slug
            kind: http
            settings: {url: "https://shop.example.com/", token: {env: SHOP_TOKEN}}
            interval_s: 30

What a file says is set; what it leaves out stays as it is, or begins with its default. A secret is written only by reference.
"""
