package packages

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/karezflow/karez/engine/plugpack/index"
	"github.com/karezflow/karez/sdk/fault"
)

// Codes of what goes wrong on the way.
const (
	codeInsecure    = "package.index_insecure"
	codeUnreachable = "package.index_unreachable"
)

// patience is how long a package may take to come.
const patience = 15 * time.Minute

// source gives the files of a place by their names.
type source func(ctx context.Context, name string) (io.ReadCloser, error)

// fetch gets the package NAME[@VERSION] of a place with a list, checked against it. drop
// removes the file.
func (n Needs) fetch(ctx context.Context, from, what string, plain bool) (name string, drop func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	get, err := sourceOf(from, plain)
	if err != nil {
		return "", nil, err
	}
	listed, err := get(ctx, index.File)
	if err != nil {
		return "", nil, err
	}
	text, err := io.ReadAll(io.LimitReader(listed, index.MaxSize+1))
	if err := errors.Join(err, listed.Close()); err != nil {
		return "", nil, unreachable(from, err)
	}
	list, err := index.Parse(text)
	if err != nil {
		return "", nil, err
	}
	id, version, _ := strings.Cut(what, "@")
	entry, err := list.Pick(id, version, n.OS+"/"+n.Arch, n.SDK)
	if err != nil {
		return "", nil, err
	}
	content, err := get(ctx, entry.File)
	if err != nil {
		return "", nil, err
	}
	defer func() { _ = content.Close() }() // it was only read
	file, err := os.CreateTemp("", "karez-package-")
	if err != nil {
		return "", nil, unwritable(err)
	}
	drop = func() { _ = os.Remove(file.Name()) } // a file of this command alone
	if err := errors.Join(entry.Fetch(file, content), file.Close()); err != nil {
		drop()
		return "", nil, err
	}
	return file.Name(), drop, nil
}

// sourceOf reads from a folder, or from a web server.
func sourceOf(from string, plain bool) (source, error) {
	if !strings.Contains(from, "://") {
		return func(_ context.Context, name string) (io.ReadCloser, error) {
			f, err := os.Open(filepath.Join(from, name)) //nolint:gosec // the user names the folder, and names are plain
			if err != nil {
				return nil, unreadable(filepath.Join(from, name), err)
			}
			return f, nil
		}, nil
	}
	base, err := url.Parse(strings.TrimSuffix(strings.TrimSuffix(from, "/"), "/"+index.File) + "/")
	if err != nil {
		return nil, unreachable(from, err)
	}
	if err := secure(base, plain); err != nil {
		return nil, err
	}
	client := &http.Client{CheckRedirect: func(req *http.Request, via []*http.Request) error {
		if len(via) > 3 {
			return errors.New("too many redirections")
		}
		return secure(req.URL, plain)
	}}
	return func(ctx context.Context, name string) (io.ReadCloser, error) {
		address := base.JoinPath(name).String()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
		if err != nil {
			return nil, unreachable(address, err)
		}
		res, err := client.Do(req)
		if err != nil {
			if f, ok := errors.AsType[*fault.Fault](err); ok {
				return nil, f
			}
			return nil, unreachable(address, err)
		}
		if res.StatusCode != http.StatusOK {
			return nil, errors.Join(unreachable(address, fmt.Errorf("the answer is %s", res.Status)), res.Body.Close())
		}
		return res.Body, nil
	}, nil
}

// secure refuses an address that anybody on the way can answer for.
func secure(address *url.URL, plain bool) error {
	host := address.Hostname()
	ip := net.ParseIP(host)
	loopback := host == "localhost" || ip != nil && ip.IsLoopback()
	if address.Scheme == "https" || address.Scheme == "http" && (plain || loopback) {
		return nil
	}
	return fault.New(codeInsecure, "%s is not reached by HTTPS", address.Redacted()).
		Hinted("use an https:// address; --plain-http allows others, and packages are checked by their signature anyway").Classed(fault.Config)
}

func unreachable(address string, err error) error {
	if u, parseErr := url.Parse(address); parseErr == nil {
		address = u.Redacted()
	}
	return fault.Wrap(err, codeUnreachable, "%s can't be fetched", address).Hinted("look at the address and the network").Classed(fault.Transient)
}
