// Command orders runs the order service.
package main

import (
	"context"
	"errors"
	"flag"
	"log"
	"net/http"
	_ "net/http/pprof" // on the debug address
	"os"
	"os/signal"
	"runtime"
	"strings"
	"time"

	"example.com/orders/internal/api"
	"example.com/orders/internal/notify"
	"example.com/orders/internal/static"
	"example.com/orders/internal/store"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "address of the service")
	probe := flag.String("probe", "127.0.0.1:8081", "address of the health probe")
	debug := flag.String("debug", "", "address of the debug pages; empty for none")
	data := flag.String("data", static.DataDirs()[0], "data directory")
	hooks := flag.String("hooks", "", "URLs that are told about new orders, separated by commas")
	flag.Parse()

	// the block profile of the debug pages is empty without this
	runtime.SetBlockProfileRate(10_000)

	if err := run(*addr, *probe, *debug, *data, *hooks); err != nil {
		log.Fatal(err)
	}
}

func run(addr, probe, debug, data, hooks string) error {
	if err := os.MkdirAll(data, 0o755); err != nil {
		return err
	}
	a := &api.API{Store: store.Seed(2_000, 80, 5_000), Files: static.Files{Dir: data}}
	if err := a.Files.Write(a.Store.Products(), static.Terms(clauses())); err != nil {
		return err
	}
	if urls := split(hooks); urls != nil {
		a.OnPlaced = func(o store.Order) {
			go func() {
				ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
				defer cancel()
				if failed := notify.Failed(notify.SendAll(ctx, urls, o)); failed != "" {
					log.Print("hooks: ", failed)
				}
			}()
		}
	}

	if debug != "" {
		go func() {
			log.Println(http.ListenAndServe(debug, nil))
		}()
	}
	health := &http.Server{
		Addr:        probe,
		Handler:     http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("ok\n")) }),
		ReadTimeout: 2 * time.Second,
	}
	go func() {
		log.Println(health.ListenAndServe())
	}()
	srv := &http.Server{
		Addr:    addr,
		Handler: a.Handler(),
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	go func() {
		<-ctx.Done()
		last, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		srv.Shutdown(last)
	}()
	log.Print("listening on ", addr)
	if err := srv.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// split returns nil when there is nothing in the list.
func split(list string) []string {
	if strings.TrimSpace(list) == "" {
		return nil
	}
	var urls []string
	for _, url := range strings.Split(list, ",") {
		urls = append(urls, strings.TrimSpace(url))
	}
	return urls
}

// clauses are the terms of sale.
func clauses() []string {
	return []string{
		"Prices are in euro, per piece, without value added tax, and hold until the end of the month.",
		"Goods are delivered within ten working days unless the confirmation of the order names another day.",
		"Complaints about quantity or quality reach us within fourteen days after delivery, in text form.",
		"The goods stay our property until they are paid in full; invoices are due after thirty days.",
		"Packaging is taken back free of charge at every branch; return of goods needs a number from us.",
	}
}
