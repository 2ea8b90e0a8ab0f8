{{- define "pod-watcher.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "pod-watcher.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "pod-watcher.labels" -}}
{{ include "pod-watcher.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "pod-watcher.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (include "pod-watcher.fullname" .) -}}
{{- end -}}

{{- define "pod-watcher.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- define "pod-watcher.tlsSecret" -}}
{{- if .Values.tls.servingCert -}}
{{ include "pod-watcher.fullname" . }}-tls
{{- else -}}
{{ .Values.tls.secretName }}
{{- end -}}
{{- end -}}

{{/* The public URL of the page, if the values determine it. Cookies are Secure unless it starts with http: */}}
{{- define "pod-watcher.publicUrl" -}}
{{- if and .Values.openshift.route.enabled .Values.openshift.route.host -}}
https://{{ .Values.openshift.route.host }}
{{- else if and .Values.ingress.enabled .Values.ingress.host (not .Values.openshift.route.enabled) (not (contains "*" .Values.ingress.host)) -}}
{{ ternary "https" "http" (not (empty .Values.ingress.tlsSecret)) }}://{{ .Values.ingress.host }}
{{- end -}}
{{- end -}}

{{/* The configuration file: derived from the values; `config` takes precedence. */}}
{{- define "pod-watcher.config" -}}
{{- $http := dict "port" 8080 "bind" "0.0.0.0" "auth" (dict "mode" .Values.auth.mode) -}}
{{- if include "pod-watcher.tlsSecret" . -}}
{{- $_ := set $http "tls" (dict "cert_file" "/etc/pod-watcher/tls/tls.crt" "key_file" "/etc/pod-watcher/tls/tls.key") -}}
{{- end -}}
{{- with include "pod-watcher.publicUrl" . -}}
{{- $_ := set $http "public_url" . -}}
{{- end -}}
{{- if eq .Values.auth.mode "token" -}}
{{- $tokens := list -}}
{{- range .Values.auth.tokens -}}
{{- $tokens = append $tokens (merge (dict "file" (printf "/etc/pod-watcher/tokens/%s" .name)) .) -}}
{{- end -}}
{{- $_ := set $http.auth "tokens" $tokens -}}
{{- end -}}
{{- if .Values.openshift.oauthProxy.enabled -}}
{{- $_ := set $http.auth "login_url" "/oauth/start?rd={return}" -}}
{{- end -}}
{{- $database := dict "path" "/var/lib/pod-watcher" -}}
{{- if .Values.database.urlSecret -}}
{{- $database = dict "url_file" "/etc/pod-watcher/database/url" -}}
{{- end -}}
{{- $own := dict "namespaces" .Values.namespaces "http" $http "database" $database -}}
{{- mergeOverwrite $own (deepCopy .Values.config) | toYaml -}}
{{- end -}}

{{/* The scheme of the port that the program listens on. */}}
{{- define "pod-watcher.scheme" -}}
{{- if include "pod-watcher.tlsSecret" . -}}HTTPS{{- else -}}HTTP{{- end -}}
{{- end -}}

{{/* Roles and bindings are in the watched namespaces, where releases of several namespaces may meet. */}}
{{- define "pod-watcher.roleName" -}}
{{ .Release.Namespace }}-{{ include "pod-watcher.fullname" . }}
{{- end }}
