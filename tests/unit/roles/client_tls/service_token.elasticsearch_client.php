<?php
// Ansible managed
// How shop connects to Elasticsearch, with elasticsearch/elasticsearch and Guzzle:
// $client = require 'elasticsearch_client.php';
declare(strict_types=1);

use Elastic\Elasticsearch\ClientBuilder;

// Broken connections are retried with the next node; the client retries no status. PHP keeps no pool between requests.
return ClientBuilder::create()
    ->setHosts(["https://es1.example.com:9200", "https://es2.example.com:9200"])
    ->setSSLVerification(true)
    ->setCABundle("/etc/shop/elasticsearch/ca.crt")
    ->setRetries(5)
    ->setHttpClientOptions([
        'headers' => ['Authorization' => 'Bearer ' . trim(file_get_contents("/etc/shop/elasticsearch/service_token"))],
        'connect_timeout' => 5,
        'timeout' => 30,
    ])
    ->build();
