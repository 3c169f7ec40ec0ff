// Command facts answers what go/types knows about Go packages, for gorefit.
//
// It reads one JSON request per line on stdin and writes one JSON reply per line on stdout:
//
//  1. the first request is "init": export data files by import path, and how many workers to run;
//  2. each later request is "check" or "format"; up to as many as there are workers run at once;
//  3. a worker that takes a request writes {"id": N, "begun": true}, so that the client can tell what was
//     running when this process died;
//  4. the reply carries the request's id; a panic becomes a reply with "panic" set;
//  5. the end of stdin ends the process.
//
// All judgement is the client's; this program only reports.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
)

// A request is one line of stdin; Op says which of the other fields count.
type request struct {
	ID      int         `json:"id"`
	Op      string      `json:"op"`
	Exports []exportRef `json:"exports"`
	Jobs    int         `json:"jobs"`
	checkRequest
	Texts [][]byte `json:"texts"`
}

// A reply is one line of stdout.
type reply struct {
	ID      int          `json:"id"`
	Begun   bool         `json:"begun,omitempty"`
	Panic   string       `json:"panic,omitempty"`
	Facts   *factsReply  `json:"facts,omitempty"`
	Formats []formatText `json:"formats,omitempty"`
	Jobs    int          `json:"jobs,omitempty"` // in the reply to "init"
}

// A printer writes replies, one at a time, each at once.
type printer struct {
	mu  sync.Mutex
	out *bufio.Writer
}

func (p *printer) print(r *reply) {
	p.mu.Lock()
	defer p.mu.Unlock()
	enc := json.NewEncoder(p.out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		fatal(err)
	}
	if err := p.out.Flush(); err != nil {
		fatal(err)
	}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "facts:", err)
	os.Exit(1)
}

func main() {
	debug.SetGCPercent(50)
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	first, err := readRequest(in)
	if err != nil {
		fatal(err)
	}
	jobs := workers(first.Jobs)
	exports := make(map[string]string, len(first.Exports))
	for _, e := range first.Exports {
		exports[e.Path] = string(e.File)
	}
	out := &printer{out: bufio.NewWriterSize(os.Stdout, 1<<20)}
	out.print(&reply{ID: first.ID, Jobs: jobs})

	queue := make(chan *request, 1024)
	var running sync.WaitGroup
	for i := 0; i < jobs; i++ {
		running.Add(1)
		go func() {
			defer running.Done()
			w := &worker{exports: exports, jobs: jobs}
			for req := range queue {
				out.print(&reply{ID: req.ID, Begun: true})
				out.print(w.answer(req))
			}
		}()
	}
	for {
		req, err := readRequest(in)
		if err == io.EOF {
			break
		}
		if err != nil {
			fatal(err)
		}
		queue <- req
	}
	close(queue)
	running.Wait()
}

// workers is the number of workers; each holds its own imported packages, so many of them cost memory.
func workers(asked int) int {
	const most = 8
	if asked > 0 {
		return asked
	}
	if n := runtime.GOMAXPROCS(0); n < most {
		return n
	}
	return most
}

func readRequest(in *bufio.Reader) (*request, error) {
	line, err := in.ReadBytes('\n')
	if err == io.EOF && len(line) > 0 {
		err = nil
	}
	if err != nil {
		return nil, err
	}
	req := new(request)
	if err := json.Unmarshal(line, req); err != nil {
		return nil, fmt.Errorf("malformed request: %v", err)
	}
	return req, nil
}

// A worker answers requests one after another; nothing in it is shared with other workers.
type worker struct {
	exports  map[string]string
	jobs     int
	ordinary *packageImporter // of packages that are no test variant
	variant  *packageImporter // of the test variant seen last
}

// answer never panics: whatever go/types does to this request, the next one is answered.
func (w *worker) answer(req *request) (r *reply) {
	r = &reply{ID: req.ID}
	defer func() {
		if cause := recover(); cause != nil {
			w.ordinary, w.variant = nil, nil // they may be half-built
			*r = reply{ID: req.ID, Panic: fmt.Sprintf("%v\n\n%s", cause, debug.Stack())}
		}
	}()
	switch req.Op {
	case "check":
		fault(req.ImportPath)
		r.Facts = w.check(&req.checkRequest)
	case "format":
		r.Formats = formatTexts(req.Texts)
	default:
		panic("unknown op " + req.Op)
	}
	return r
}
