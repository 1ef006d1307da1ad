package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/karezflow/karez/deploy/chaos/truth"
)

// Client speaks the engine's REST interface.
type Client struct {
	http *http.Client

	mu     sync.Mutex
	url    string
	bearer string
}

func newClient() *Client { return &Client{http: &http.Client{Timeout: 20 * time.Second}} }

func (c *Client) at(url string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.url = url
}

// RefusalError is an answer that is no success.
type RefusalError struct {
	Status int
	Body   string
}

// Error implements error.
func (r *RefusalError) Error() string { return fmt.Sprintf("%d: %s", r.Status, r.Body) }

// Do makes a request and reads the answer into a value, nil for none.
func (c *Client) Do(ctx context.Context, method, path string, body, into any) error {
	_, err := c.do(ctx, method, path, body, into)
	return err
}

func (c *Client) do(ctx context.Context, method, path string, body, into any) ([]*http.Cookie, error) {
	c.mu.Lock()
	base, bearer := c.url, c.bearer
	c.mu.Unlock()
	var text io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		text = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, base+"/api/v1"+path, text)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if bearer != "" {
		req.Header.Set("Authorization", bearer)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }() // read to its end below
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if res.StatusCode >= 300 {
		return nil, &RefusalError{res.StatusCode, string(answer)}
	}
	if into != nil && len(answer) > 0 {
		return res.Cookies(), json.Unmarshal(answer, into)
	}
	return res.Cookies(), nil
}

// Enter makes the first administrator and a token for all that follows.
func (e *Engine) Enter(ctx context.Context) error {
	cookies, err := e.do(ctx, http.MethodPost, "/setup", map[string]string{"token": e.token, "name": "chaos", "password": "correct horse battery"}, nil)
	if err != nil {
		return fmt.Errorf("set up: %w", err)
	}
	body, err := json.Marshal(map[string]string{"name": "chaos", "role": "admin"})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url+"/api/v1/tokens", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	for _, cookie := range cookies {
		req.AddCookie(cookie)
	}
	res, err := e.http.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // decoded below
	var made struct {
		Token string `json:"token"`
	}
	if err := json.NewDecoder(res.Body).Decode(&made); err != nil || made.Token == "" {
		return fmt.Errorf("no token was made: %s, %w", res.Status, err)
	}
	e.Client.mu.Lock()
	e.bearer = "Bearer " + made.Token
	e.Client.mu.Unlock()
	return nil
}

// list reads all pages of a list.
func list[T any](ctx context.Context, c *Client, path string, query url.Values) ([]T, error) {
	var all []T
	query.Set("limit", "200")
	for {
		var page struct {
			Items []T    `json:"items"`
			Next  string `json:"next"`
		}
		if err := c.Do(ctx, http.MethodGet, path+"?"+query.Encode(), nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if page.Next == "" {
			return all, nil
		}
		query.Set("after", page.Next)
	}
}

// Documents gives the documents of a flow, in the states that are named or in all.
func (c *Client) Documents(ctx context.Context, flow, states string) ([]truth.Seen, error) {
	query := url.Values{"flow": {flow}}
	if states != "" {
		query.Set("state", states)
	}
	return list[truth.Seen](ctx, c, "/documents", query)
}

// Runs gives the runs of a flow, the latest first.
func (c *Client) Runs(ctx context.Context, flow string) ([]truth.Run, error) {
	return list[truth.Run](ctx, c, "/runs", url.Values{"flow": {flow}})
}

// LastRun gives the latest run of a flow, nil when there is none.
func (c *Client) LastRun(ctx context.Context, flow string) (*truth.Run, error) {
	var page struct {
		Items []truth.Run `json:"items"`
	}
	err := c.Do(ctx, http.MethodGet, "/runs?limit=1&flow="+url.QueryEscape(flow), nil, &page)
	if err != nil || len(page.Items) == 0 {
		return nil, err
	}
	return &page.Items[0], nil
}

// Run gives a run.
func (c *Client) Run(ctx context.Context, id string) (*truth.Run, error) {
	var run truth.Run
	err := c.Do(ctx, http.MethodGet, "/runs/"+id, nil, &run)
	return &run, err
}

// Trigger starts a run of a flow.
func (c *Client) Trigger(ctx context.Context, flow string) (string, error) {
	var made struct {
		ID string `json:"id"`
	}
	err := c.Do(ctx, http.MethodPost, "/flows/"+flow+"/runs", struct{}{}, &made)
	return made.ID, err
}

// States counts the documents of a flow by state.
func (c *Client) States(ctx context.Context, flow string) (map[string]int, error) {
	var facets struct {
		States map[string]int `json:"states"`
	}
	err := c.Do(ctx, http.MethodGet, "/documents/facets?flow="+url.QueryEscape(flow), nil, &facets)
	return facets.States, err
}

// Connect makes a connection of the harness's connector.
func (c *Client) Connect(ctx context.Context, name, address string) error {
	return c.Do(ctx, http.MethodPost, "/connections", map[string]any{
		"name": name, "connector": "chaos-system", "settings": map[string]string{"address": address}, "secrets": map[string]string{},
	}, nil)
}

// Publish makes a flow, publishes it and gives its id.
func (c *Client) Publish(ctx context.Context, document any) (string, error) {
	var made struct {
		ID       string          `json:"id"`
		Problems json.RawMessage `json:"problems"`
	}
	if err := c.Do(ctx, http.MethodPost, "/flows", map[string]any{"document": document}, &made); err != nil {
		return "", err
	}
	if err := c.Do(ctx, http.MethodPost, "/flows/"+made.ID+"/publish", map[string]string{"note": "chaos"}, nil); err != nil {
		return "", fmt.Errorf("%w, problems %s", err, made.Problems)
	}
	return made.ID, nil
}
