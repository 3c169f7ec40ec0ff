package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"example.com/orders/internal/store"
)

func TestSendAll(t *testing.T) {
	received := make(chan int, 8)
	ok := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var o store.Order
		if err := json.NewDecoder(r.Body).Decode(&o); err == nil {
			received <- o.ID
		}
	}))
	defer ok.Close()
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "later", http.StatusServiceUnavailable)
	}))
	defer busy.Close()

	results := SendAll(context.Background(), []string{ok.URL + "/a", busy.URL, ok.URL + "/b"}, store.Order{ID: 42})
	if len(results) != 3 {
		t.Fatalf("results = %v", results)
	}
	if got, want := Failed(results), busy.URL+": status 503"; got != want {
		t.Errorf("Failed = %q, want %q", got, want)
	}
	if a, b := <-received, <-received; a != 42 || b != 42 {
		t.Errorf("received orders %d and %d", a, b)
	}
	if SendAll(context.Background(), nil, store.Order{}) != nil {
		t.Error("no subscribers give results that are not nil")
	}
}

func TestFailed(t *testing.T) {
	got := Failed([]Result{{URL: "u1", Err: errors.New("refused")}, {URL: "u2", Status: 204}, {URL: "u3", Status: 404}})
	if got != "u1: refused; u3: status 404" {
		t.Errorf("Failed = %q", got)
	}
}

func TestAvailable(t *testing.T) {
	release := make(chan struct{})
	warehouse := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/stock/SLOW" {
			<-release
		}
		fmt.Fprintln(w, 17)
	}))
	defer warehouse.Close()
	defer close(release)
	if n, err := Available(context.Background(), warehouse.URL, "A-1"); n != 17 || err != nil {
		t.Errorf("Available = %d, %v", n, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Available(ctx, warehouse.URL, "SLOW"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled Available = %v", err)
	}
}

func BenchmarkFailed(b *testing.B) {
	var results []Result
	for i := 0; i < 50; i++ {
		results = append(results, Result{URL: "http://127.0.0.1/hook", Status: 500})
	}
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		Failed(results)
	}
}
