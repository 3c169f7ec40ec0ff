package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"runtime"
	"strconv"
	"sync/atomic"

	"example.com/orders/internal/store"
)

// Counters are the figures behind /stats.
type Counters struct {
	requests atomic.Int64
	errors   atomic.Int64
	bytes    atomic.Int64
	watchers atomic.Int64
}

func (c *Counters) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.requests.Add(1)
		next.ServeHTTP(w, r)
	})
}

func (a *API) stats(w http.ResponseWriter, r *http.Request) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	buf := bytes.NewBuffer(make([]byte, 0, 1024))
	err := json.NewEncoder(buf).Encode(map[string]int64{
		"requests": a.Counters.requests.Load(),
		"errors":   a.Counters.errors.Load(),
		"bytes":    a.Counters.bytes.Load(),
		"watchers": a.Counters.watchers.Load(),
		"heap":     int64(m.HeapAlloc),
	})
	if err != nil {
		a.fail(w, http.StatusInternalServerError, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(buf.Bytes())
}

// events streams every new order as a server-sent event until the client goes away.
func (a *API) events(w http.ResponseWriter, r *http.Request) {
	flusher, ok := w.(http.Flusher)
	if !ok {
		http.Error(w, "no streaming here", http.StatusNotImplemented)
		return
	}
	orders, stop := a.Store.Watch()
	defer stop()
	a.Counters.watchers.Add(1)
	defer a.Counters.watchers.Add(-1)
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	flusher.Flush()
	for {
		select {
		case o := <-orders:
			message, err := event(o)
			if err != nil {
				return
			}
			if _, err := w.Write(message); err != nil {
				return
			}
			flusher.Flush()
		case <-r.Context().Done():
			return
		}
	}
}

// event is one message of the stream; the number of the order is its id.
func event(o store.Order) ([]byte, error) {
	var buf bytes.Buffer
	buf.WriteString("id: " + strconv.Itoa(o.ID) + "\ndata: ")
	if err := json.NewEncoder(&buf).Encode(o); err != nil {
		return nil, err
	}
	buf.WriteByte('\n')
	return buf.Bytes(), nil
}
