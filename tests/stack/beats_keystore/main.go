// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// Reads and writes the keystore of a Beat with the Beats' own library.
//
//	beats-keystore show FILE     prints names and values (base64) as JSON
//	beats-keystore write FILE    adds the names and values (base64) in the JSON on standard input
//	beats-keystore resolve FILE  prints, as JSON, what settings see: the object on standard input after ${NAME} was replaced
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/elastic/elastic-agent-libs/config"
	"github.com/elastic/elastic-agent-libs/keystore"
	"github.com/elastic/go-ucfg"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: beats-keystore show|write|resolve FILE")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(command, path string) error {
	// As a Beat opens it: with a look at the mode of the file.
	store, err := keystore.Factory(config.NewConfig(), path, true)
	if err != nil {
		return err
	}
	switch command {
	case "show":
		return show(store)
	case "write":
		return write(store)
	case "resolve":
		return resolve(store)
	}
	return fmt.Errorf("unknown command %q", command)
}

func show(store keystore.Keystore) error {
	listing, err := keystore.AsListingKeystore(store)
	if err != nil {
		return err
	}
	names, err := listing.List()
	if err != nil {
		return err
	}
	values := map[string][]byte{}
	for _, name := range names {
		secret, err := store.Retrieve(name)
		if err != nil {
			return err
		}
		if values[name], err = secret.Get(); err != nil {
			return err
		}
	}
	return json.NewEncoder(os.Stdout).Encode(values)
}

func write(store keystore.Keystore) error {
	writable, err := keystore.AsWritableKeystore(store)
	if err != nil {
		return err
	}
	values := map[string][]byte{}
	if err := json.NewDecoder(os.Stdin).Decode(&values); err != nil {
		return err
	}
	for name, value := range values {
		if err := writable.Store(name, value); err != nil {
			return err
		}
	}
	return writable.Save()
}

func resolve(store keystore.Keystore) error {
	settings := map[string]string{}
	if err := json.NewDecoder(os.Stdin).Decode(&settings); err != nil {
		return err
	}
	options := []ucfg.Option{ucfg.PathSep("."), ucfg.VarExp, ucfg.Resolve(keystore.ResolverWrap(store))}
	parsed, err := ucfg.NewFrom(settings, options...)
	if err != nil {
		return err
	}
	resolved := map[string]string{}
	if err := parsed.Unpack(&resolved, options...); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(resolved)
}
