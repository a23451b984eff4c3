// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Specialized;
using System.IO;
using System.Linq;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Elastic.Clients.Elasticsearch;
using Elastic.Transport;

/// <summary>
/// The official client for .NET, as connection.json says. Add this file to the application's sources; what it reads stays
/// on the host: addresses, authorities, time-outs, and the secret in a file of its own.
/// </summary>
public static class ElasticsearchConnection
{
    /// <summary>A client for the settings in that file.</summary>
    public static ElasticsearchClient Connect(string settings) => new(Settings(settings));

    /// <summary>The settings of a client, for whoever needs to add to them.</summary>
    public static ElasticsearchClientSettings Settings(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(path));
        var connection = document.RootElement;
        string Text(string name) => connection.GetProperty(name).GetString() ?? "";
        int Number(string name) => connection.GetProperty(name).GetInt32();

        var hosts = connection.GetProperty("hosts").EnumerateArray().Select(host => new Uri(host.GetString()!));
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(Text("ca_path"));
        var timeout = TimeSpan.FromSeconds(Number("request_timeout"));
        var settings = new ElasticsearchClientSettings(new StaticNodePool(hosts))
            .ServerCertificateValidationCallback((_, certificate, _, errors) => IsTrusted(certificate, errors, authorities))
            .ConnectionLimit(Number("pool_size"))
            .RequestTimeout(timeout)
            .MaximumRetries(Number("max_retries"))
            .MaxRetryTimeout(timeout * (1 + Number("max_retries")))
            .PingTimeout(TimeSpan.FromSeconds(Number("connect_timeout")))
            .SniffOnStartup(false)
            .SniffOnConnectionFault(false);
        if (Text("client_certificate_path") != "")
        {
            settings = settings.ClientCertificate(
                X509Certificate2.CreateFromPemFile(Text("client_certificate_path"), Text("client_key_path")));
        }
        else if (Text("client_pkcs12_path") != "")
        {
            var password = File.ReadAllText(Text("client_pkcs12_password_path")).Trim();
            settings = settings.ClientCertificate(new X509Certificate2(Text("client_pkcs12_path"), password));
        }
        var scheme = Text("authorization_scheme");
        if (scheme != "")
        {
            var secret = File.ReadAllText(Text("secret_path")).Trim();
            settings = scheme == "ApiKey"
                ? settings.Authentication(new Base64ApiKey(secret))
                : settings.GlobalHeaders(new NameValueCollection { { "Authorization", $"{scheme} {secret}" } });
        }
        return settings;
    }

    // The name is verified by .NET itself; only the chain is judged anew, with these authorities and no others.
    private static bool IsTrusted(X509Certificate? certificate, SslPolicyErrors errors, X509Certificate2Collection authorities)
    {
        if (certificate is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
        {
            return false;
        }
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(new X509Certificate2(certificate));
    }
}
