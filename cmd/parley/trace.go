package main

import (
	"context"
	"log/slog"
	neturl "net/url"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"parley/server"
	"parley/wire"
)

// A tracer sends a share of the operations to an OpenTelemetry collector. A span
// has the operation's name, its times and the code of its refusal: nothing of who
// asked, where from, or what for.
type tracer struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

// openTracer returns a tracer to the collector at url. A collector that isn't
// there costs spans, and a line in the log each minute.
func openTracer(ctx context.Context, url string, share float64, log *slog.Logger) (*tracer, error) {
	if u, err := neturl.Parse(url); err == nil && strings.Trim(u.Path, "/") == "" {
		url = u.JoinPath("/v1/traces").String() // where collectors take them
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(url), otlptracehttp.WithTimeout(5*time.Second),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: false}))
	if err != nil {
		return nil, err
	}
	otel.SetErrorHandler(traceErrors(log))
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter),
		sdktrace.WithSampler(sdktrace.TraceIDRatioBased(share)),
		sdktrace.WithResource(resource.NewSchemaless(
			attribute.String("service.name", "parley"), attribute.String("service.version", version()))),
	)
	return &tracer{provider: provider, tracer: provider.Tracer("parley")}, nil
}

// traceErrors logs, at most once a minute, that spans are lost.
func traceErrors(log *slog.Logger) otel.ErrorHandler {
	var last atomic.Int64
	return otel.ErrorHandlerFunc(func(error) {
		now := time.Now().Unix()
		if before := last.Load(); now-before >= 60 && last.CompareAndSwap(before, now) {
			log.Warn("traces can't be sent to the collector")
		}
	})
}

// operation begins the span of an operation. The function that it returns ends it.
func (t *tracer) operation(ctx context.Context, op wire.Operation) (context.Context, func(error)) {
	ctx, span := t.tracer.Start(ctx, string(op), trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindServer))
	return ctx, func(err error) {
		if refusal := server.AsWire(err); refusal != nil {
			span.SetAttributes(attribute.String("parley.code", string(refusal.Code)))
			if refusal.Code == wire.CodeInternal || refusal.Code == wire.CodeUnavailable {
				span.SetStatus(codes.Error, string(refusal.Code))
			}
		}
		span.End()
	}
}

// close sends what is left.
func (t *tracer) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	t.provider.Shutdown(ctx) // a collector that doesn't answer is no failure of ours
	return nil
}
