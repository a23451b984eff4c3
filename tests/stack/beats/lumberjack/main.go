// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// Receives events as Logstash's input "beats" does, with the library of Elastic for its protocol, and prints each as a
// line of JSON.
//
//	lumberjack ADDRESS CERTIFICATE KEY [CLIENT_CA]
//
// With CLIENT_CA only senders with a certificate of that authority are let in.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"os"

	"github.com/elastic/go-lumber/server"
)

func main() {
	if len(os.Args) != 4 && len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: lumberjack ADDRESS CERTIFICATE KEY [CLIENT_CA]")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3], os.Args[4:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(address, certificate, key string, clientAuthorities []string) error {
	identity, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return err
	}
	config := &tls.Config{Certificates: []tls.Certificate{identity}}
	for _, path := range clientAuthorities {
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		config.ClientCAs = x509.NewCertPool()
		if !config.ClientCAs.AppendCertsFromPEM(content) {
			return fmt.Errorf("%s holds no certificate", path)
		}
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	receiver, err := server.ListenAndServe(address, server.V2(true), server.TLS(config))
	if err != nil {
		return err
	}
	output := json.NewEncoder(os.Stdout)
	for batch := range receiver.ReceiveChan() {
		for _, event := range batch.Events {
			if err := output.Encode(event); err != nil {
				return err
			}
		}
		batch.ACK()
	}
	return nil
}
