{{- define "tongma.name" -}}
{{- if contains "tongma" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-tongma" .Release.Name | trunc 50 | trimSuffix "-" }}{{ end -}}
{{- end }}

{{- define "tongma.selector" -}}
app.kubernetes.io/name: tongma
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "tongma.labels" -}}
{{ include "tongma.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "tongma.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- /* What every container of the platform is told, sees, and may do. */ -}}
{{- define "tongma.container" -}}
image: {{ include "tongma.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
env:
  - {name: TONGMA_DATA, value: /var/lib/tongma}
  - {name: TONGMA_HOST, value: "0.0.0.0"}
  - {name: TONGMA_PORT, value: "8080"}
  - {name: TONGMA_NO_DEMO, value: "true"}
  - {name: TONGMA_PUBLIC_ORIGIN, value: {{ .Values.publicOrigin | quote }}}
  - {name: TONGMA_STORE_FILE, value: /run/tongma/store/address}
  - {name: TONGMA_STORE_SHARING, value: {{ .Values.store.sharing | quote }}}
  {{- if .Values.store.roots }}
  - {name: TONGMA_STORE_ROOTS, value: /run/tongma/roots/ca.pem}
  {{- end }}
  - {name: TONGMA_ISSUER, value: {{ .Values.signIn.issuer | quote }}}
  - {name: TONGMA_CLIENT_ID, value: {{ .Values.signIn.clientId | quote }}}
  - {name: TONGMA_CLIENT_SECRET_FILE, value: /run/tongma/sign-in/secret}
  {{- if .Values.rail.url }}
  - {name: TONGMA_RAIL, value: {{ .Values.rail.url | quote }}}
  - {name: TONGMA_RAIL_PATIENCE, value: {{ .Values.rail.patience | quote }}}
  {{- end }}
  {{- range $name, $value := .Values.environment }}
  - {name: {{ $name }}, value: {{ $value | quote }}}
  {{- end }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
volumeMounts:
  - {name: data, mountPath: /var/lib/tongma}
  - {name: keys, mountPath: /var/lib/tongma/keys, readOnly: true}
  - {name: admin, mountPath: /var/lib/tongma/admin.token, subPath: admin.token, readOnly: true}
  - {name: store, mountPath: /run/tongma/store, readOnly: true}
  - {name: sign-in, mountPath: /run/tongma/sign-in, readOnly: true}
  {{- if .Values.store.roots }}
  - {name: roots, mountPath: /run/tongma/roots, readOnly: true}
  {{- end }}
  - {name: tmp, mountPath: /tmp}
{{- end }}

{{- define "tongma.pod" -}}
automountServiceAccountToken: false
securityContext:
  runAsNonRoot: true
  runAsUser: 64999
  runAsGroup: 64999
  fsGroup: 64999
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
volumes:
  - name: data
    emptyDir: {medium: Memory, sizeLimit: 16Mi}
  - name: tmp
    emptyDir: {sizeLimit: 64Mi}
  - name: keys
    secret:
      secretName: {{ .Values.keys.secret }}
      defaultMode: 0440
      items:
        {{- range list "master.key" "root-0.key" "root-1.key" "issuer.key" }}
        - {key: {{ . }}, path: {{ . }}}
        {{- end }}
  - name: admin
    secret: {secretName: {{ .Values.keys.secret }}, defaultMode: 0440, items: [{key: admin.token, path: admin.token}]}
  - name: store
    secret: {secretName: {{ .Values.store.secret }}, defaultMode: 0440, items: [{key: address, path: address}]}
  - name: sign-in
    secret: {secretName: {{ .Values.signIn.secret }}, defaultMode: 0440, items: [{key: secret, path: secret}]}
  {{- if .Values.store.roots }}
  - name: roots
    configMap: {name: {{ .Values.store.roots }}}
  {{- end }}
{{- end }}
