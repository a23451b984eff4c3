// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// The official client for Go, as connection.json says. Add this file to the application's sources, with the name of its
// package; what it reads stays on the host: addresses, authorities, time-outs, and the secret in a file of its own.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v9"
)

// elasticsearchConnection is what this file needs of connection.json.
type elasticsearchConnection struct {
	Hosts               []string `json:"hosts"`
	CAPath              string   `json:"ca_path"`
	AuthorizationScheme string   `json:"authorization_scheme"`
	SecretPath          string   `json:"secret_path"`
	CertificatePath     string   `json:"client_certificate_path"`
	KeyPath             string   `json:"client_key_path"`
	PoolSize            int      `json:"pool_size"`
	ConnectTimeout      int      `json:"connect_timeout"`
	RequestTimeout      int      `json:"request_timeout"`
	MaxRetries          int      `json:"max_retries"`
	RetryOnStatus       []int    `json:"retry_on_status"`
}

// ElasticsearchConfig is the configuration of a client for the settings in that file. The names and chains of
// certificates are always verified; errors of a connection, time-outs among them, are retried with the next node.
func ElasticsearchConfig(settings string) (elasticsearch.Config, error) {
	var connection elasticsearchConnection
	content, err := os.ReadFile(settings)
	if err != nil {
		return elasticsearch.Config{}, err
	}
	if err := json.Unmarshal(content, &connection); err != nil {
		return elasticsearch.Config{}, fmt.Errorf("%s: %w", settings, err)
	}
	trust, err := connection.tls()
	if err != nil {
		return elasticsearch.Config{}, err
	}
	config := elasticsearch.Config{
		Addresses:     connection.Hosts,
		RetryOnStatus: connection.RetryOnStatus,
		MaxRetries:    connection.MaxRetries,
		DisableRetry:  connection.MaxRetries == 0,
		RetryBackoff:  func(attempt int) time.Duration { return time.Duration(attempt) * 100 * time.Millisecond },
		Transport: &http.Transport{
			TLSClientConfig:       trust,
			DialContext:           (&net.Dialer{Timeout: connection.connectTimeout()}).DialContext,
			TLSHandshakeTimeout:   connection.connectTimeout(),
			ResponseHeaderTimeout: time.Duration(connection.RequestTimeout) * time.Second,
			MaxConnsPerHost:       connection.PoolSize,
			MaxIdleConnsPerHost:   connection.PoolSize,
			IdleConnTimeout:       90 * time.Second,
		},
	}
	return config, connection.authenticate(&config)
}

func (c *elasticsearchConnection) connectTimeout() time.Duration {
	return time.Duration(c.ConnectTimeout) * time.Second
}

func (c *elasticsearchConnection) tls() (*tls.Config, error) {
	authorities, err := os.ReadFile(c.CAPath)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: x509.NewCertPool()}
	if !config.RootCAs.AppendCertsFromPEM(authorities) {
		return nil, fmt.Errorf("%s holds no certificate", c.CAPath)
	}
	if c.CertificatePath != "" {
		pair, err := tls.LoadX509KeyPair(c.CertificatePath, c.KeyPath)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

func (c *elasticsearchConnection) authenticate(config *elasticsearch.Config) error {
	if c.AuthorizationScheme == "" {
		return nil
	}
	content, err := os.ReadFile(c.SecretPath)
	if err != nil {
		return err
	}
	secret := strings.TrimSpace(string(content))
	if c.AuthorizationScheme == "ApiKey" {
		config.APIKey = secret
	} else {
		config.ServiceToken = secret
	}
	return nil
}
