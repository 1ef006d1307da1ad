package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/karezflow/karez/deploy/bench/orders"
	"github.com/karezflow/karez/deploy/bench/process"
)

// look is how often memory is looked at.
const look = 200 * time.Millisecond

// installation is the product over a data folder of its own.
type installation struct {
	b         *bench
	data, url string // url is "" for SQLite in the folder
	token     string
	drop      func(context.Context) error
}

// install makes an installation with the code table that the flow needs.
func (b *bench) install(ctx context.Context, mariadb bool) (*installation, error) {
	data, err := os.MkdirTemp(b.dir, "data")
	if err != nil {
		return nil, err
	}
	i := &installation{b: b, data: data, drop: func(context.Context) error { return nil }}
	if mariadb {
		if err := i.database(ctx); err != nil {
			return nil, err
		}
	}
	if err := os.WriteFile(i.flow(), orders.Flow(b.world.URL()), 0o600); err != nil {
		return nil, err
	}
	return i, i.prepare(ctx)
}

func (i *installation) flow() string { return filepath.Join(i.data, "flow.json") }

// database makes a database of its own for the installation.
func (i *installation) database(ctx context.Context) error {
	server, _, _ := strings.Cut(strings.TrimPrefix(i.b.mysql, "mysql://"), "/")
	account, host, _ := strings.Cut(server, "@")
	config := mysql.NewConfig()
	config.User, config.Passwd, _ = strings.Cut(account, ":")
	config.Net, config.Addr = "tcp", host
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return err
	}
	name := "karez_bench_" + filepath.Base(i.data)
	i.url = "mysql://" + server + "/" + name
	ask := func(ctx context.Context, statement string) error {
		db := sql.OpenDB(connector)
		_, err := db.ExecContext(ctx, statement)
		return errors.Join(err, db.Close())
	}
	i.drop = func(ctx context.Context) error { return ask(ctx, "DROP DATABASE "+name) }
	return ask(ctx, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
}

// remove drops all that the installation stored.
func (i *installation) remove(ctx context.Context) error {
	return errors.Join(i.drop(context.WithoutCancel(ctx)), os.RemoveAll(i.data))
}

// karez starts a command of the product over the installation.
func (i *installation) karez(ctx context.Context, args ...string) (*process.Tree, error) {
	args = append(args, "--json", "--data", i.data, "--plugins", filepath.Join(i.b.bin, "bench", "plugins"))
	if i.url != "" {
		args = append(args, "--db", i.url)
	}
	return process.Start(ctx, i.b.clock, look, nil, filepath.Join(i.b.bin, "karez"), args...)
}

// prepare makes a token and the code table.
func (i *installation) prepare(ctx context.Context) error {
	t, err := i.karez(ctx, "token", "create", "--name", "bench", "--role", "admin")
	if err != nil {
		return err
	}
	if err := t.Wait(); err != nil {
		return err
	}
	var made struct {
		Token string `json:"token"`
	}
	if err := json.Unmarshal(t.Out(), &made); err != nil {
		return err
	}
	i.token = made.Token
	return i.serving(ctx, func(ask asker) error {
		var table struct {
			ID string `json:"id"`
		}
		if err := ask(http.MethodPost, "/code-tables", map[string]string{"name": orders.Table}, &table); err != nil {
			return err
		}
		type row struct {
			Source string `json:"source"`
			Target string `json:"target"`
		}
		const step = 1000
		for n := 0; n < orders.Codes; n += step {
			var rows []row
			for k := n; k < n+step; k++ {
				rows = append(rows, row{orders.Warehouse(k), orders.Organisation(k)})
			}
			if err := ask(http.MethodPut, "/code-tables/"+table.ID+"/rows", map[string]any{"rows": rows}, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// asker asks the interface for programs; out is nil where the answer does not matter.
type asker func(method, path string, body, out any) error

// serving lets the product serve while do works.
func (i *installation) serving(ctx context.Context, do func(ask asker) error) error {
	t, err := i.karez(ctx, "serve", "--listen", "127.0.0.1:0")
	if err != nil {
		return err
	}
	line, err := t.Line(ctx)
	if err != nil {
		return errors.Join(err, t.Interrupt(), t.Wait())
	}
	var at struct {
		URL string `json:"url"`
	}
	if err = json.Unmarshal(line, &at); err == nil {
		err = do(func(method, path string, body, out any) error { return i.ask(ctx, at.URL, method, path, body, out) })
	}
	return errors.Join(err, t.Interrupt(), t.Wait())
}

func (i *installation) ask(ctx context.Context, base, method, path string, body, out any) error {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, base+"/api/v1"+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+i.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	answer, err := io.ReadAll(res.Body)
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return err
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("%s %s answers %d: %s", method, path, res.StatusCode, answer)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

// move lets the flow move docs orders from first on.
func (i *installation) move(ctx context.Context, first, docs int) (figures, error) {
	f, out, err := i.b.time(first, docs, func() (*process.Tree, error) { return i.karez(ctx, "flow", "run", i.flow()) })
	if err != nil {
		return f, err
	}
	var result struct {
		State    string         `json:"state"`
		Balanced bool           `json:"balanced"`
		Counts   map[string]int `json:"counts"`
	}
	if err := json.Unmarshal(out, &result); err != nil {
		return f, err
	}
	kept := orders.Kept(first, docs)
	if c := result.Counts; result.State != "done" || !result.Balanced || c["pulled"] != docs || c["delivered"] != kept || c["filtered"] != docs-kept {
		return f, fmt.Errorf("the run ended with %s", out)
	}
	return f, nil
}
