package app

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"mandorla/internal/fault"
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

// Serve answers on the listener until ctx ends, then gives running requests ten seconds. It closes the listener.
func (a *App) Serve(ctx context.Context, l net.Listener) error {
	h, err := a.Handler()
	if err != nil {
		return errors.Join(err, l.Close())
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
