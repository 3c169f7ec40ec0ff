// Package notify tells other services about orders.
package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"example.com/orders/internal/store"
)

// Result is the answer of one subscriber.
type Result struct {
	URL    string
	Status int
	Err    error
}

// Send posts an order to a subscriber and returns the status of the answer.
func Send(ctx context.Context, url string, o store.Order) (int, error) {
	body := new(bytes.Buffer)
	if err := json.NewEncoder(body).Encode(o); err != nil {
		return 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, body)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	client := &http.Client{
		Timeout:   10 * time.Second,
		Transport: &http.Transport{MaxIdleConns: 20, IdleConnTimeout: 30 * time.Second},
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("notify %s: %w", url, err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return resp.StatusCode, err
	}
	return resp.StatusCode, nil
}

// SendAll posts an order to all subscribers at once; results are sorted by URL.
func SendAll(ctx context.Context, urls []string, o store.Order) []Result {
	var (
		mu      sync.Mutex
		wg      sync.WaitGroup
		results []Result
	)
	for _, url := range urls {
		wg.Add(1)
		go func(url string) {
			defer wg.Done()
			status, err := Send(ctx, url, o)
			mu.Lock()
			results = append(results, Result{URL: url, Status: status, Err: err})
			mu.Unlock()
		}(url)
	}
	wg.Wait()
	sort.Slice(results, func(i, j int) bool { return results[i].URL < results[j].URL })
	return results
}

// Failed describes the results that are not a success, "" if all are.
func Failed(results []Result) string {
	text := ""
	for _, r := range results {
		if r.Err == nil && r.Status < 300 {
			continue
		}
		if text != "" {
			text += "; "
		}
		text += r.URL
		if r.Err != nil {
			text += ": " + r.Err.Error()
		} else {
			text += ": status " + strconv.Itoa(r.Status)
		}
	}
	return text
}

// Available asks the warehouse how many pieces of a product there are.
func Available(ctx context.Context, warehouse, sku string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()

	type answer struct {
		pieces int
		err    error
	}
	answers := make(chan answer)
	go func() {
		pieces, err := ask(warehouse + "/stock/" + sku)
		answers <- answer{pieces, err}
	}()
	select {
	case a := <-answers:
		return a.pieces, a.err
	case <-ctx.Done():
		return 0, fmt.Errorf("stock of %s: %w", sku, ctx.Err())
	}
}

func ask(url string) (int, error) {
	client := http.Client{Timeout: 5 * time.Second}
	resp, err := client.Get(url)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}
