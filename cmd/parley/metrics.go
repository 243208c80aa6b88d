package main

import (
	"maps"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"parley/wire"
)

// metrics are what the private port shows. No label holds anything of a person:
// there are only operations, codes, and what Go and the system say of the process.
type metrics struct {
	registry   *prometheus.Registry
	operations *prometheus.HistogramVec
	known      atomic.Pointer[map[outcome]prometheus.Observer] // of operations; replaced, never changed
	mu         sync.Mutex                                      // guards replacing known
}

// An outcome is the labels of an operation.
type outcome struct {
	op   wire.Operation
	code wire.Code
}

// codeOK is the label of an operation that succeeded.
const codeOK = "ok"

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		operations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "parley_operation_seconds", Help: "How long operations took, by operation and code (ok, or why they were refused).",
			Buckets: []float64{.0005, .001, .002, .005, .01, .02, .05, .1, .25, .5, 1, 5, 30},
		}, []string{"operation", "code"}),
	}
	m.known.Store(&map[outcome]prometheus.Observer{})
	m.registry.MustRegister(m.operations,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		constant("parley_build_info", "1, with the version.", prometheus.Labels{"version": version()}))
	return m
}

func constant(name, help string, labels prometheus.Labels) prometheus.Collector {
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels})
	g.Set(1)
	return g
}

// observe counts an operation. It is called for each, so that it allocates
// nothing for an outcome that was seen before.
func (m *metrics) observe(op wire.Operation, code wire.Code, took time.Duration) {
	key := outcome{op, code}
	o := (*m.known.Load())[key]
	if o == nil {
		o = m.learn(key)
	}
	o.Observe(took.Seconds())
}

func (m *metrics) learn(key outcome) prometheus.Observer {
	code := string(key.code)
	if code == "" {
		code = codeOK
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	next := maps.Clone(*m.known.Load())
	next[key] = m.operations.WithLabelValues(string(key.op), code)
	m.known.Store(&next)
	return next[key]
}

// add shows the Stats of a part of the server.
func (m *metrics) add(part string, metas map[string]statMeta, fetch func() any) {
	m.registry.MustRegister(&statsCollector{part, fetch, metas})
}

// A statKind says what a number of a package's Stats is.
type statKind int

const (
	gauge   statKind = iota
	counter          // grows only
	seconds          // nanoseconds that grow only, shown in seconds
)

// A statMeta explains a field of a package's Stats.
type statMeta struct {
	kind statKind
	help string
}

// A statsCollector shows the fields of the Stats of one package, as
// parley_PACKAGE_FIELD.
type statsCollector struct {
	part  string // server, clients, store, postgres, hints
	fetch func() any
	metas map[string]statMeta // by field
}

var _ prometheus.Collector = (*statsCollector)(nil)

// Describe implements [prometheus.Collector]: unchecked, since what there is
// follows the structs.
func (c *statsCollector) Describe(chan<- *prometheus.Desc) {}

// Collect implements [prometheus.Collector].
func (c *statsCollector) Collect(out chan<- prometheus.Metric) {
	v := reflect.ValueOf(c.fetch())
	for i, f := range reflect.VisibleFields(v.Type()) {
		n, ok := integer(v.Field(i))
		if !ok {
			continue
		}
		meta := c.metas[f.Name]
		kind := prometheus.GaugeValue
		if meta.kind != gauge {
			kind = prometheus.CounterValue
		}
		if meta.kind == seconds {
			n /= 1e9
		}
		desc := prometheus.NewDesc(metricName(c.part, f.Name, meta.kind), meta.help, nil, nil)
		out <- prometheus.MustNewConstMetric(desc, kind, n)
	}
}

func integer(v reflect.Value) (float64, bool) {
	switch {
	case v.CanInt():
		return float64(v.Int()), true
	case v.CanUint():
		return float64(v.Uint()), true
	case v.Kind() == reflect.Bool && v.Bool():
		return 1, true
	case v.Kind() == reflect.Bool:
		return 0, true
	}
	return 0, false
}

// metricName is the name under which a field is shown.
func metricName(part, field string, kind statKind) string {
	name := "parley_" + part + "_" + snake(field)
	switch kind {
	case counter:
		return name + "_total"
	case seconds:
		return strings.TrimSuffix(name, "_ns") + "_seconds_total"
	}
	return name
}
