auto_auth {
  method "kubernetes" {
    config = {
      role       = "multivac"
      token_path = "/run/secrets/vault/token"
    }
  }
}

template_config {
  static_secret_render_interval = "1m"
}

template {
  destination          = "/run/secrets/multivac/cache.password"
  perms                = "0440"
  error_on_missing_key = true
  contents             = <<EOT
{{ with secret "secret/data/multivac" }}{{ index .Data.data "cache.password" | trimSpace }}{{ end }}
EOT
}

template {
  destination          = "/run/secrets/multivac/queue.password"
  perms                = "0440"
  error_on_missing_key = true
  contents             = <<EOT
{{ with secret "secret/data/multivac" }}{{ index .Data.data "queue.password" | trimSpace }}{{ end }}
EOT
}

template {
  destination          = "/run/secrets/multivac/store.mongodb.password"
  perms                = "0440"
  error_on_missing_key = true
  contents             = <<EOT
{{ with secret "secret/data/multivac" }}{{ index .Data.data "store.mongodb.password" | trimSpace }}{{ end }}
EOT
}
