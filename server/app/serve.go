package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/karezflow/karez/frontend"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/api"
	"github.com/karezflow/karez/server/api/web"
	"github.com/karezflow/karez/server/app/cluster"
	"github.com/karezflow/karez/server/app/product"
)

// version is the program's; the build sets it.
var version = "dev"

// serving is how the server is reached.
type serving struct {
	listen string
	// secure says that a proxy with TLS stands in front.
	secure bool
}

func (c *cli) serveCommand() *cobra.Command {
	var how serving
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the browser interface and the API, and run flows",
		Long: "Serves the browser interface and the API on one address, runs flows when their time has come, and delivers documents.\n" +
			"Without a user it prints an address with a one-time token, with which the first administrator is made.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			e, err := c.open(cmd.Context())
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, e.Close(cmd.Context())) }()
			if err := e.Join(cmd.Context()); err != nil {
				return err
			}
			if !e.Roles.Has(product.API) {
				return c.work(cmd.Context(), e)
			}
			return c.serve(cmd.Context(), e, how, func(base string, ready chan<- error) {
				ready <- c.welcome(cmd.Context(), e, base)
			})
		},
	}
	c.storeFlags(cmd)
	c.scale.Serve(cmd.Flags())
	cmd.Flags().StringVar(&how.listen, "listen", "127.0.0.1:8765", "address; others than loopback need a proxy with TLS in front")
	cmd.Flags().BoolVar(&how.secure, "https", false, "browsers reach this program through a proxy with TLS: sessions are for HTTPS only")
	return cmd
}

// serve answers requests until the context ends. ready is called when it does, and
// what it reports ends serving if it is an error.
func (c *cli) serve(ctx context.Context, e *product.Product, how serving, ready func(base string, result chan<- error)) (err error) {
	files, err := web.Load(frontend.FS())
	if err != nil {
		return fault.Wrap(err, "web.missing", "the browser's files are not in this program").Hinted("make build makes them")
	}
	handler, err := api.New(api.Config{
		Accounts: e.Accounts, Flows: e.Drafts, Runs: e.Execution, Events: e.Events, Documents: e.Documents, Bulk: e.Bulk, Pauses: e.Pauses, Pins: e.Pins, Decisions: e.Decisions, Attempts: e.Attempts, PageLog: e.PageLog, Lineage: e.Lineage, Retention: e.Retention, Errands: e.Errands, Codes: e.Codes, Operations: e.Operations, Files: e.Files, Connections: e.Connections, BaseSets: e.BaseSets, Reconcile: e.Reconcile, Versions: e.Versions, Imports: e.Imports, DryRuns: e.DryRuns, Market: e.Market, Views: e.Views, Plugins: e.Connectors,
		Catalog: e.Catalog, Discovery: e.Discovery, Trial: e.Trial, Schedule: e.Schedule, Reading: e.Reading, Home: e.Home, FlowStates: e.FlowStates, Indexing: e.Indexing, Help: e.Help, Hooks: e.Hooks, Log: e.Log, Clock: now, Version: version, Web: files, Secure: how.secure,
	})
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", how.listen)
	if err != nil {
		return fault.Wrap(err, "serve.address_unusable", "%s can't be listened on", how.listen).Classed(fault.Config).
			Hinted("another program may use the port; choose one with --listen")
	}
	_, deaf, err := cluster.Listen(ctx, c.scale.Health, e.Ready, e.Log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, deaf()) }()
	e.Start(ctx)
	requests, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(e.Log.Handler(), slog.LevelDebug), BaseContext: func(net.Listener) context.Context { return requests },
	}
	done := make(chan error, 2)
	go func() { done <- server.Serve(listener) }()
	go func() {
		result := make(chan error, 1)
		ready((&url.URL{Scheme: "http", Host: listener.Addr().String()}).String(), result)
		if err := <-result; err != nil {
			done <- err
		}
	}()
	select {
	case <-ctx.Done():
		err = nil
	case err = <-done:
	}
	// Streams would hold the door open: they end with the requests' context.
	cut()
	leaving, end := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer end()
	return errors.Join(err, server.Shutdown(leaving))
}

// work does what the roles of a process say that serves nobody, until the context ends.
func (c *cli) work(ctx context.Context, e *product.Product) (err error) {
	at, deaf, err := cluster.Listen(ctx, c.scale.Health, e.Ready, e.Log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, deaf()) }()
	e.Start(ctx)
	if c.JSON {
		err = c.PrintJSON(map[string]string{"roles": e.Roles.String(), "health": at})
	} else {
		c.Say("Karez works as %s", e.Roles)
	}
	if err != nil {
		return err
	}
	<-ctx.Done()
	e.Drain() // while the listener still says so
	return nil
}

// welcome prints where the program is, with the one-time token while there is no user.
func (c *cli) welcome(ctx context.Context, e *product.Product, base string) error {
	token, err := e.Accounts.SetupToken(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return c.PrintJSON(map[string]string{"url": base, "setup_token": token})
	}
	c.Say("Karez is at %s", address(base, token))
	return nil
}

// address is where a person goes first: with a token that is the page for the first administrator.
func address(base, token string) string {
	if token == "" {
		return base
	}
	return base + "/setup#" + url.Values{"token": {token}}.Encode()
}
