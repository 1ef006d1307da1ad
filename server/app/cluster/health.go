package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/karezflow/karez/sdk/fault"
)

// readyLimit bounds how long it may take to find out whether a process is ready.
const readyLimit = 5 * time.Second

// Listen answers /healthz (the process lives) and /readyz (it can do its work) until the
// returned function is called. An address of "" listens nowhere.
func Listen(ctx context.Context, address string, ready func(context.Context) error, log *slog.Logger) (at string, stop func() error, err error) {
	if address == "" {
		return "", func() error { return nil }, nil
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return "", nil, fault.Wrap(err, "serve.address_unusable", "%s can't be listened on", address).Classed(fault.Config).
			Hinted("another program may use the port; choose one with --health")
	}
	server := &http.Server{
		Handler: Handler(ready), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 5 * time.Second, WriteTimeout: 2 * readyLimit, IdleTimeout: time.Minute,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	return listener.Addr().String(), func() error {
		err := server.Close()
		if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
		return err
	}, nil
}

// Handler answers /healthz and /readyz. What it says of a process that is not ready are
// codes and sentences without addresses or names.
func Handler(ready func(context.Context) error) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, nil) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), readyLimit)
		defer cancel()
		answer(w, ready(ctx))
	})
	return mux
}

func answer(w http.ResponseWriter, err error) {
	body := struct {
		OK      bool   `json:"ok"`
		Code    string `json:"code,omitempty"`
		Message string `json:"message,omitempty"`
	}{OK: err == nil}
	status := http.StatusOK
	if err != nil {
		f := fault.From(err)
		body.Code, body.Message, status = f.Code, f.Message, http.StatusServiceUnavailable
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // whoever asked has gone
}
