// Package cluster is what the command line knows of several processes that are one
// installation: the flags that say what a process does and what it shares with others,
// and the listener that tells whoever watches over it how it is.
//
// It may import server/app/product, server/bus and sdk/fault: never server/app.
package cluster

import (
	"cmp"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/karezflow/karez/server/app/product"
	"github.com/karezflow/karez/server/bus"
)

// Flags are those of commands that may be one process of several.
type Flags struct {
	roles, key, files string
	// templates is the registry of templates.
	templates   string
	plainHTTP   bool
	grace       time.Duration
	url, prefix string
	replicas    int
	login       bus.Login
	// shared says that the command has the flags of what processes share.
	shared bool

	// Health is the address of the health listener, "" for none.
	Health string
}

// Env looks a variable of the environment up.
type Env func(name string) (string, bool)

// Serve registers the flags of a process that serves.
func (f *Flags) Serve(set *pflag.FlagSet) {
	set.StringVar(&f.roles, "roles", product.AllRoles().String(), "what this process does: api, scheduler, worker, with commas between them; fewer than all need --nats and MySQL")
	set.StringVar(&f.Health, "health", "", "address of a listener that answers /healthz and /readyz, for example 127.0.0.1:8766")
	set.DurationVar(&f.grace, "grace", 15*time.Second, "how long what is under way may take to end after SIGTERM")
	set.StringVar(&f.templates, "templates-from", "", "folder or address with a templates.json: a registry of templates that the workspace's people may fetch from (KAREZ_TEMPLATES_FROM)")
	set.BoolVar(&f.plainHTTP, "plain-http", false, "allow an address of --templates-from without HTTPS; packages are checked by their signature anyway")
	f.Shared(set)
}

// Shared registers the flags that say what processes share.
func (f *Flags) Shared(set *pflag.FlagSet) {
	f.shared = true
	set.StringVar(&f.url, "nats", "", "NATS servers with JetStream that several processes share: nats://HOST:PORT, more with commas between them (KAREZ_NATS)")
	set.StringVar(&f.prefix, "nats-prefix", "karez", "begins the names of subjects and of the stream, so that installations can share a server")
	set.IntVar(&f.replicas, "nats-replicas", 0, "on how many servers of a NATS cluster hints are kept (default: 3 where there are as many)")
	set.StringVar(&f.login.User, "nats-user", "", "user for NATS (NATS_USER; the password is in NATS_PASSWORD or in the address)")
	set.StringVar(&f.login.Credentials, "nats-creds", "", "credentials file for NATS (NATS_CREDS)")
	set.StringVar(&f.login.NKey, "nats-nkey", "", "file with an NKey seed for NATS (NATS_NKEY)")
	set.StringVar(&f.login.CA, "nats-tlsca", "", "certificates to trust NATS by (NATS_CA)")
	set.StringVar(&f.login.Certificate, "nats-tlscert", "", "this program's certificate for NATS (NATS_CERT)")
	set.StringVar(&f.login.Key, "nats-tlskey", "", "the key of that certificate (NATS_KEY)")
	set.StringVar(&f.key, "secret-key", "", "file with the key of secrets, the same for all processes (default: secret.key in the data folder; KAREZ_SECRET_KEY_FILE)")
	set.StringVar(&f.files, "files", "", "folder of uploaded and watched files, the same for all processes (default: files in the data folder)")
}

// Apply completes a configuration by the flags and the environment, and refuses one that
// can't work.
func (f *Flags) Apply(c product.Config, env Env) (product.Config, error) {
	or := func(value, name string) string {
		if value == "" {
			value, _ = env(name)
		}
		return value
	}
	c.Key, c.Files, c.Grace = or(f.key, "KAREZ_SECRET_KEY_FILE"), f.files, f.grace
	if !f.shared {
		return c, nil // a command that is alone with its work
	}
	c.TemplatesFrom, c.PlainHTTP = strings.TrimSpace(or(f.templates, "KAREZ_TEMPLATES_FROM")), f.plainHTTP
	c.Bus = bus.NatsConfig{URL: strings.TrimSpace(or(f.url, "KAREZ_NATS")), Prefix: f.prefix, Replicas: f.replicas}
	if c.Bus.URL != "" {
		c.Bus.Login = bus.Login{
			User: or(f.login.User, "NATS_USER"), Credentials: or(f.login.Credentials, "NATS_CREDS"), NKey: or(f.login.NKey, "NATS_NKEY"),
			CA: or(f.login.CA, "NATS_CA"), Certificate: or(f.login.Certificate, "NATS_CERT"), Key: or(f.login.Key, "NATS_KEY"),
		}
		c.Bus.Password = or("", "NATS_PASSWORD")
	}
	var err error
	if c.Roles, err = product.ParseRoles(cmp.Or(f.roles, product.AllRoles().String())); err != nil {
		return c, err
	}
	return c, c.CheckRoles()
}
