// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package command is what the programs here have in common.
package command

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// Main calls run with the arguments, whose names it is given, until run ends or a signal asks for that.
func Main(run func(ctx context.Context, arguments []string) error, names ...string) {
	arguments := os.Args[1:]
	if len(arguments) != len(names) {
		fmt.Fprintf(os.Stderr, "usage: %s %s\n", os.Args[0], strings.Join(names, " "))
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx, arguments); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
