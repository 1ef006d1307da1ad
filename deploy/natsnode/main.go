// Command natsnode is a NATS server with JetStream as a process of its own, alone or one
// of a cluster, for tests that kill it, stop it and delete what it stored. It is not
// meant to be run by those who use Karez: they install nats-server.
//
// It may import the NATS server only.
package main

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "natsnode:", err)
		os.Exit(1)
	}
}

// startLimit is how long a server may take to listen.
const startLimit = 20 * time.Second

func run(ctx context.Context, args []string) error {
	set := flag.NewFlagSet("natsnode", flag.ContinueOnError)
	name := set.String("name", "natsnode", "name, different for each server of a cluster")
	port := set.Int("port", 0, "port for clients on loopback")
	dir := set.String("dir", "", "folder of what is stored")
	cluster := set.String("cluster", "", "name of the cluster, none for a server that is alone")
	clusterPort := set.Int("cluster-port", 0, "port for the others of the cluster")
	routes := set.String("routes", "", "nats-route://127.0.0.1:PORT of all servers of the cluster, with commas between them")
	if err := set.Parse(args); err != nil {
		return err
	}
	options := &server.Options{ServerName: *name, Host: "127.0.0.1", Port: *port, JetStream: true, StoreDir: *dir, NoSigs: true, NoLog: true}
	if *cluster != "" {
		options.Cluster = server.ClusterOpts{Name: *cluster, Host: "127.0.0.1", Port: *clusterPort}
		for route := range strings.SplitSeq(*routes, ",") {
			u, err := url.Parse(route)
			if err != nil {
				return err
			}
			options.Routes = append(options.Routes, u)
		}
	}
	s, err := server.NewServer(options)
	if err != nil {
		return err
	}
	s.Start()
	defer func() {
		s.Shutdown()
		s.WaitForShutdown()
	}()
	if !s.ReadyForConnections(startLimit) {
		return fmt.Errorf("port %d was not listened on within %s", *port, startLimit)
	}
	if _, err := fmt.Fprintln(os.Stdout, s.ClientURL()); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}
