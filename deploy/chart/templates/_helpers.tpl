{{- define "parley.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "parley.selector" -}}
app.kubernetes.io/name: parley
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "parley.labels" -}}
{{ include "parley.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- /* What can't work isn't rendered. */ -}}
{{- define "parley.check" -}}
{{- if not .Values.domain }}{{ fail "domain is needed: it is part of every account's name" }}{{ end -}}
{{- if not .Values.origins }}{{ fail "origins are needed: what clients connect to" }}{{ end -}}
{{- if eq .Values.store "embedded" -}}
  {{- if gt (int .Values.replicas) 1 }}{{ fail "an embedded store has one node: set replicas to 1, or store to postgres" }}{{ end -}}
{{- else -}}
  {{- if not .Values.postgres.secretName }}{{ fail "postgres.secretName is needed" }}{{ end -}}
  {{- if and (gt (int .Values.replicas) 1) (not .Values.nodes.tlsSecretName) }}{{ fail "nodes.tlsSecretName is needed: nodes know each other by certificates" }}{{ end -}}
{{- end -}}
{{- end -}}
