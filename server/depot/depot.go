// Package depot gets files from a folder or a web server that hands packages out. What they
// hold is checked by whoever asked for them.
//
// It may import sdk/fault only.
package depot

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

	"github.com/karezflow/karez/sdk/fault"
)

// Codes of what goes wrong on the way.
const (
	codeInsecure    = "package.index_insecure"
	codeUnreachable = "package.index_unreachable"
)

// Source gives the files of a place by their plain names.
type Source func(ctx context.Context, name string) (io.ReadCloser, error)

// Read gives a file of at most some bytes.
func (s Source) Read(ctx context.Context, name string, most int64) ([]byte, error) {
	from, err := s(ctx, name)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(from, most+1))
	if err := errors.Join(err, from.Close()); err != nil {
		return nil, Unreachable(name, err)
	}
	return text, nil
}

// Open reads from a folder, or from a web server that is reached by HTTPS or is this machine;
// plain allows others. index is the name of the list, which an address may end with.
func Open(from, index string, plain bool) (Source, error) {
	if !strings.Contains(from, "://") {
		return func(_ context.Context, name string) (io.ReadCloser, error) {
			f, err := os.Open(filepath.Join(from, name)) //nolint:gosec // the user names the folder, and names are plain
			if err != nil {
				return nil, fault.Wrap(err, "file.unreadable", "%s can't be read", filepath.Join(from, name)).Classed(fault.Config)
			}
			return f, nil
		}, nil
	}
	base, err := url.Parse(strings.TrimSuffix(strings.TrimSuffix(from, "/"), "/"+index) + "/")
	if err != nil {
		return nil, Unreachable(from, err)
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
			return nil, Unreachable(address, err)
		}
		res, err := client.Do(req)
		if err != nil {
			if f, ok := errors.AsType[*fault.Fault](err); ok {
				return nil, f
			}
			return nil, Unreachable(address, err)
		}
		if res.StatusCode != http.StatusOK {
			return nil, errors.Join(Unreachable(address, fmt.Errorf("the answer is %s", res.Status)), res.Body.Close())
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

// Unreachable says that something can't be fetched.
func Unreachable(address string, err error) *fault.Fault {
	if u, parseErr := url.Parse(address); parseErr == nil {
		address = u.Redacted()
	}
	return fault.Wrap(err, codeUnreachable, "%s can't be fetched", address).Hinted("look at the address and the network").Classed(fault.Transient)
}
