# Ansible managed
# frozen_string_literal: true

# How shop connects to Elasticsearch, with the gems elasticsearch and faraday-net_http_persistent:
# require_relative 'elasticsearch_client'; client = ElasticsearchClient.connect
require 'elasticsearch'
require 'faraday/net_http_persistent'

# The official client with these options; the secret is read from its file each time.
module ElasticsearchClient
  def self.options
    {
      hosts: ["https://es1.example.com:9200", "https://es2.example.com:9200"],
      api_key: File.read("/etc/shop/elasticsearch/api_key").strip,
      transport_options: {
        ssl: {
          verify: true,
          ca_file: "/etc/shop/elasticsearch/ca.crt",
          client_cert: OpenSSL::X509::Certificate.new(File.read("/etc/shop/elasticsearch/client.crt")),
          client_key: OpenSSL::PKey.read(File.read("/etc/shop/elasticsearch/client.key"))
        },
        request: { open_timeout: 5 }
      },
      request_timeout: 30,
      retry_on_failure: 5,
      retry_on_status: [429, 502, 503, 504],
      delay_on_retry: 100,
      reload_connections: false,
      reload_on_failure: false
    }
  end

  def self.connect(more = {})
    Elasticsearch::Client.new(options.merge(more)) do |faraday|
      faraday.adapter :net_http_persistent, pool_size: 10
    end
  end
end
