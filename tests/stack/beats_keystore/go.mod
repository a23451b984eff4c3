module stacktls.example/beats-keystore

go 1.21

require (
	github.com/elastic/elastic-agent-libs v0.18.0
	github.com/elastic/go-ucfg v0.8.5
)

require (
	golang.org/x/crypto v0.24.0 // indirect
	golang.org/x/sys v0.21.0 // indirect
	gopkg.in/yaml.v2 v2.4.0 // indirect
)
