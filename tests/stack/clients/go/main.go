// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// An application in Go: program FOLDER whoami, or program FOLDER loop STOP_FILE. See ../README.md.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/elastic/go-elasticsearch/v9"
)

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintf(os.Stderr, "%T: %v\n", errors.Unwrap(err), err)
		os.Exit(1)
	}
}

func run(folder, command string) error {
	if command == "loop" {
		done, err := loop(folder, os.Args[3])
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(done)
	}
	client, err := connect(folder)
	if err != nil {
		return err
	}
	answer, err := whoami(client)
	if err == nil {
		_, err = os.Stdout.Write(answer)
	}
	return err
}

func connect(folder string) (*elasticsearch.BaseClient, error) {
	config, err := ElasticsearchConfig(filepath.Join(folder, "connection.json")) // of the file that the role brings
	if err != nil {
		return nil, err
	}
	return elasticsearch.NewBaseClient(config)
}

func whoami(client *elasticsearch.BaseClient) ([]byte, error) {
	request, err := http.NewRequest(http.MethodGet, "/_security/_authenticate", nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Perform(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", response.Status, content)
	}
	return content, err
}

// written is when the secret was written.
func written(folder string) (time.Time, error) {
	found, err := os.Stat(filepath.Join(folder, "api_key"))
	if err != nil {
		return time.Time{}, err
	}
	return found.ModTime(), nil
}

// keyOf is the id of the API key that Elasticsearch has seen.
func keyOf(answer []byte) string {
	var seen struct {
		APIKey struct {
			ID string `json:"id"`
		} `json:"api_key"`
	}
	if err := json.Unmarshal(answer, &seen); err != nil {
		return err.Error()
	}
	return seen.APIKey.ID
}

type outcome struct {
	Requests int      `json:"requests"`
	Failed   int      `json:"failed"`
	Error    string   `json:"error"`
	Keys     []string `json:"keys"`
}

// loop asks again and again, until a file appears or five minutes are over; it takes a new secret over when there is one.
func loop(folder, stop string) (done outcome, err error) {
	var client *elasticsearch.BaseClient
	var known time.Time
	for end := time.Now().Add(5 * time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if _, err := os.Stat(stop); err == nil {
			break
		}
		secret, err := written(folder)
		if err == nil && !secret.Equal(known) {
			known = secret
			client, err = connect(folder)
		}
		if err != nil {
			return done, err
		}
		done.Requests++
		answer, err := whoami(client)
		if err != nil {
			done.Failed++
			done.Error = err.Error()
		} else if key := keyOf(answer); !slices.Contains(done.Keys, key) {
			done.Keys = append(done.Keys, key)
			fmt.Fprintln(os.Stderr, key)
		}
	}
	return done, nil
}
