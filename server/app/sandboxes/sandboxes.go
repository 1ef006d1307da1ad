// Package sandboxes starts the simulated systems of connectors and gives connections
// to them.
//
// It may import engine/pluginhost and the sdk: never the product or a command.
package sandboxes

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/karezflow/karez/engine/pluginhost"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

// Start starts the simulated systems of connectors on addresses from
// listen on: a port of 0 lets each choose, any other is counted up. They end with the host.
func Start(ctx context.Context, host *pluginhost.Host, ids []string, listen, clock string) (map[string]string, error) {
	name, portText, err := net.SplitHostPort(listen)
	port, portErr := strconv.Atoi(portText)
	if err != nil || portErr != nil {
		return nil, fault.New("sandbox.bad_address", "%s is not an address such as 127.0.0.1:0", listen).Classed(fault.Config)
	}
	var start time.Time
	if clock != "" {
		if start, err = time.Parse(time.RFC3339, clock); err != nil {
			return nil, fault.New("sandbox.bad_time", "%s is not a time such as 2021-05-28T08:00:00+08:00", clock).Classed(fault.Config)
		}
	}
	urls := map[string]string{}
	for n, id := range ids {
		at := port
		if port != 0 {
			at += n
		}
		box, err := host.Sandbox(ctx, id, "", net.JoinHostPort(name, strconv.Itoa(at)), start)
		if err != nil {
			return nil, err
		}
		urls[id] = box.URL
	}
	return urls, nil
}

// credentials asks a sandbox for settings and secrets that work.
func credentials(ctx context.Context, url string) (map[string]string, error) {
	got := map[string]string{}
	return got, getJSON(ctx, url+"/_sandbox/credentials", &got)
}

// getJSON reads a sandbox's control answer.
func getJSON(ctx context.Context, url string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fault.New("sandbox.refused", "the sandbox answered HTTP %d to %s", res.StatusCode, url)
	}
	return json.NewDecoder(res.Body).Decode(into)
}

// Manifests gives the manifest of an installed connector; version "" is any.
type Manifests interface {
	Manifest(ctx context.Context, connector, version string) (*manifest.Manifest, error)
}

// Account makes settings and secrets of the credentials that a connector's sandbox
// gives, boxes being the addresses by connector.
func Account(ctx context.Context, known Manifests, connectorID string, boxes map[string]string) ([]byte, map[string]string, error) {
	m, err := known.Manifest(ctx, connectorID, "")
	if err != nil {
		return nil, nil, err
	}
	given, err := credentials(ctx, boxes[connectorID])
	if err != nil {
		return nil, nil, fault.Wrap(err, "sandbox.no_credentials", "the sandbox of %s gave no credentials", connectorID)
	}
	settings, secrets := []byte{'{'}, map[string]string{}
	for _, s := range m.Settings {
		text, ok := given[s.Key]
		if !ok && s.Key == "address" {
			text, ok = boxes[connectorID], true
		}
		switch {
		case !ok:
		case s.Secret:
			secrets[s.Key] = text
		default:
			if len(settings) > 1 {
				settings = append(settings, ',')
			}
			settings = append(append(item.AppendText(settings, s.Key), ':'), item.AppendText(nil, text)...)
		}
	}
	return append(settings, '}'), secrets, nil
}
