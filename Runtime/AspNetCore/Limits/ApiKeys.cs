using System;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Llamalith.AspNetCore.Limits;

/// <summary>The keys that let requests in.</summary>
internal sealed class ApiKeys
{
    private const string Bearer = "Bearer ";

    private readonly byte[][] _keys;

    public ApiKeys(LlamaServerOptions options)
    {
        if (options.ApiKeys.Any(string.IsNullOrWhiteSpace))
            throw new ArgumentException("An API key must not be empty.", nameof(options));
        _keys = [.. options.ApiKeys.Select(Encoding.UTF8.GetBytes)];
    }

    /// <summary>Lets a request in.</summary>
    /// <exception cref="ApiException">It brings none of the keys.</exception>
    public void Check(HttpRequest request)
    {
        if (_keys.Length == 0)
            return;
        string authorization = request.Headers.Authorization.ToString();
        string given = authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
            ? authorization[Bearer.Length..].Trim()
            : request.Headers["x-api-key"].ToString();
        byte[] bytes = Encoding.UTF8.GetBytes(given);

        // All of them: how long it takes does not tell which one was near.
        bool found = false;
        foreach (byte[] key in _keys)
            found |= CryptographicOperations.FixedTimeEquals(bytes, key);
        if (!found)
        {
            throw new ApiException(
                401,
                given.Length == 0 ? "An API key is needed: Authorization: Bearer KEY, or x-api-key: KEY." : "The API key is not known.",
                code: "invalid_api_key");
        }
    }
}
