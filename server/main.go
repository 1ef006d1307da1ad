// Command karez is the Karez flow engine: one binary for the command line, the
// server and its script workers.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/karezflow/karez/server/app"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := app.Run(ctx, app.Process{Args: os.Args[1:], Env: os.LookupEnv, In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
	stop()
	os.Exit(code)
}
