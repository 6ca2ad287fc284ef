package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"mandorla/internal/fault"
	"mandorla/internal/mcpserver"
)

// Listen opens the address; what can go wrong is one sentence.
func Listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		var op *net.OpError
		cause := err
		if errors.As(err, &op) {
			cause = op.Err
		}
		return nil, fault.Wrap(fault.Invalid, err, "Cannot listen on %s: %v. Stop what uses it, or choose another address with --addr.", addr, cause)
	}
	return l, nil
}

// PathMCP is the address of the MCP server below the origin, as people are shown it.
const PathMCP = mcpserver.Path

// originSetting keeps under which origin this installation was served last.
const originSetting = "origin"

// LastOrigin gives the origin under which the installation was served last, fault.NotFound where it never was.
func (a *App) LastOrigin(ctx context.Context) (string, error) {
	origin, err := a.Store.Setting(ctx, originSetting)
	if fault.Is(err, fault.NotFound) {
		return "", fault.Wrap(fault.NotFound, err, "This installation was never served. Say what to examine: --url https://crm.example.com/v1/mcp.")
	}
	return origin, err
}

// Serve answers on the listener until ctx ends, then gives running requests ten seconds. It closes the listener.
func (a *App) Serve(ctx context.Context, l net.Listener) error {
	h, err := a.Handler()
	if err != nil {
		return errors.Join(err, l.Close())
	}
	if err := a.Store.SetSetting(context.WithoutCancel(ctx), originSetting, a.cfg.Origin); err != nil {
		return errors.Join(fmt.Errorf("keep the origin: %w", err), l.Close())
	}
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       60 * time.Second,
		WriteTimeout:      2 * time.Minute, // no answer is a stream
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	work, stopWork := context.WithCancel(ctx)
	var background sync.WaitGroup
	background.Go(func() { a.OAuth.Run(work) })
	background.Go(func() { a.Apps.Run(work) })
	background.Go(func() { a.Calls.Run(work) })
	if a.mails != nil {
		background.Go(func() { a.mails.Run(work) })
	}
	defer func() { // nothing is held back by them any more when Close writes the rest
		stopWork()
		background.Wait()
	}()
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return srv.Shutdown(stop)
}
