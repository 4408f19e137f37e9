package server

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"rapporteur/qa"
)

// secondsBuckets span a lexical search (milliseconds) to the time limit of a question (30 s).
func secondsBuckets() []float64 {
	return []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}
}

// metrics are what /metrics tells, in a registry of its own.
type metrics struct {
	registry  *prometheus.Registry
	requests  *prometheus.CounterVec
	seconds   *prometheus.HistogramVec
	questions *prometheus.HistogramVec
	inFlight  prometheus.Gauge
}

// newMetrics registers the metrics; documents are counted when they are read.
func newMetrics(library Library, model func() qa.ModelState) (*metrics, error) {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rapporteur_http_requests_total", Help: "Requests by method, route and status.",
		}, []string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "rapporteur_http_request_seconds", Help: "Time to serve a request, by route.", Buckets: secondsBuckets(),
		}, []string{"route"}),
		questions: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "rapporteur_question_seconds", Help: "Time to answer (ask) or to search (search), by outcome.", Buckets: secondsBuckets(),
		}, []string{"operation", "outcome"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "rapporteur_http_in_flight", Help: "Requests being served.",
		}),
	}
	all := []prometheus.Collector{m.requests, m.seconds, m.questions, m.inFlight,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})}
	if library != nil {
		all = append(all, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "rapporteur_documents", Help: "Documents that answer questions; -1 when the library cannot be read.",
		}, func() float64 { return countDocuments(library) }))
	}
	if model != nil {
		all = append(all, modelMetrics(model)...)
	}
	for _, c := range all {
		if err := m.registry.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// modelMetrics tell how the model that writes answers is.
func modelMetrics(model func() qa.ModelState) []prometheus.Collector {
	var all []prometheus.Collector
	for _, state := range []string{qa.BreakerClosed, qa.BreakerOpen, qa.BreakerHalfOpen} {
		all = append(all, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "rapporteur_model_breaker", Help: "1 for the state of the breaker that leaves a failing model alone.",
			ConstLabels: prometheus.Labels{"state": state},
		}, func() float64 {
			if model().Breaker == state {
				return 1
			}
			return 0
		}))
	}
	for kind, count := range map[string]func(qa.TokenUsage) int64{
		"prompt":     func(u qa.TokenUsage) int64 { return u.Prompt },
		"completion": func(u qa.TokenUsage) int64 { return u.Completion },
		"estimated":  func(u qa.TokenUsage) int64 { return u.Estimated },
	} {
		all = append(all, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "rapporteur_model_tokens_today", Help: "Tokens of the model today; estimated are those of both that no server counted.",
			ConstLabels: prometheus.Labels{"kind": kind},
		}, func() float64 { return float64(count(model().Usage)) }))
	}
	return all
}

func countDocuments(library Library) float64 {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second) // a scrape must not wait for a busy library
	defer cancel()
	all, err := library.Collections(ctx, qa.Scope{Everything: true})
	if err != nil {
		return -1
	}
	var n int
	for _, c := range all {
		n += c.Documents
	}
	return float64(n)
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{DisableCompression: true})
}

func (m *metrics) request(c *gin.Context, took time.Duration) {
	route := routeName(c)
	m.requests.WithLabelValues(methodName(c.Request.Method), route, strconv.Itoa(c.Writer.Status())).Inc()
	m.seconds.WithLabelValues(route).Observe(took.Seconds())
}

// question counts one answer or search; the outcome is "answered", "refused", "found" or an error code.
func (m *metrics) question(operation, outcome string, took time.Duration) {
	m.questions.WithLabelValues(operation, outcome).Observe(took.Seconds())
}
