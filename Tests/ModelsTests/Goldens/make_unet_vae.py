"""Records what diffusers computes for small UNets and autoencoders.

Made with torch 2.13.0 (CPU), diffusers 0.42.1, safetensors 0.6 or later, numpy. Run in this folder:

    python make_unet_vae.py

A fixture holds the config, the key and shape of every parameter, the inputs and the outputs. The
parameters themselves are not stored: `keyed_values` makes them from each key, and
`Tests/TestSupport/KeyedWeights.swift` makes the same ones to the bit. No parameter is left at zero,
so that every layer counts. gen1's temporal layers, which no library has, are written out below.
"""

import json
import math

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import save_file
from torch import nn

MASK = 0xFFFFFFFFFFFFFFFF


def uniform(key, count):
    """SplitMix64 started at the FNV-1a hash of the key; the top 24 bits of each word, in [-1, 1)."""
    state = 0xCBF29CE484222325
    for byte in key.encode():
        state = ((state ^ byte) * 0x100000001B3) & MASK
    with np.errstate(over="ignore"):
        steps = np.arange(1, count + 1, dtype=np.uint64)
        z = np.uint64(state) + steps * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float64) / 2.0**23 - 1.0


def keyed_values(key, shape):
    """Unit gain for matrices and kernels, scales around 1, biases around 0."""
    u = uniform(key, math.prod(shape))
    if len(shape) >= 2:
        u = u * math.sqrt(3.0 / math.prod(shape[1:]))
    elif key.endswith("bias"):
        u = u * 0.25
    else:
        u = 1.0 + u * 0.25
    return torch.from_numpy(u.astype(np.float32)).reshape(shape)


def fill(model):
    with torch.no_grad():
        for key, value in model.state_dict().items():
            value.copy_(keyed_values(key, tuple(value.shape)))
    return model.eval()


def save(name, model, config, tensors):
    shapes = {key: list(value.shape) for key, value in model.state_dict().items()}
    metadata = {"config": json.dumps(config), "shapes": json.dumps(shapes)}
    tensors = {key: value.contiguous().clone() for key, value in tensors.items()}
    save_file(tensors, f"{name}.safetensors", metadata)
    count = sum(math.prod(shape) for shape in shapes.values())
    rms = {key: f"{value.float().std():.3f}" for key, value in tensors.items() if key.startswith("out.")}
    print(name, f"{count} parameters", rms)


def random(*shape, seed):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def unet_case(name, config, size, timesteps, tokens, seed, residuals=False):
    model = fill(UNet2DConditionModel(**config))
    saved = json.loads(model.to_json_string())
    images = size[0]
    tensors = {
        "in.sample": random(images, model.config.in_channels, *size[1:], seed=seed),
        "in.timestep": torch.tensor(timesteps, dtype=torch.float32),
        "in.encoder_hidden_states": random(
            images, tokens, model.config.cross_attention_dim, seed=seed + 1
        ),
    }
    extra = {}
    if residuals:
        with torch.no_grad():
            skips, middle = skip_shapes(model, tensors)
        down = [random(*shape, seed=seed + 10 + i) for i, shape in enumerate(skips)]
        mid = random(*middle, seed=seed + 9)
        tensors |= {f"in.down_residual.{i}": value for i, value in enumerate(down)}
        tensors["in.mid_residual"] = mid
        extra = {
            "down_block_additional_residuals": tuple(down),
            "mid_block_additional_residual": mid,
        }
    with torch.no_grad():
        tensors["out.sample"] = model(
            tensors["in.sample"],
            tensors["in.timestep"],
            tensors["in.encoder_hidden_states"],
            **extra,
        ).sample
    save(name, model, saved, tensors)


def skip_shapes(model, tensors):
    """Shapes of the skips, read off as the blocks return them, and of the middle's result."""
    skips, middle, handles = [], [], []
    handles.append(model.conv_in.register_forward_hook(lambda m, i, o: skips.append(o.shape)))
    for block in model.down_blocks:
        handles.append(
            block.register_forward_hook(lambda m, i, o: skips.extend(s.shape for s in o[1]))
        )
    handles.append(model.mid_block.register_forward_hook(lambda m, i, o: middle.append(o.shape)))
    model(tensors["in.sample"], tensors["in.timestep"], tensors["in.encoder_hidden_states"])
    for handle in handles:
        handle.remove()
    return skips, middle[0]


class TemporalConvolution(nn.Module):
    """x + conv(SiLU(norm(x))) along the frames, norm pooled over them."""

    def __init__(self, channels, taps, groups):
        super().__init__()
        self.norm = nn.GroupNorm(groups, channels, eps=1e-5)
        self.conv = nn.Conv1d(channels, channels, taps, padding=taps // 2)

    def forward(self, x, frames):
        n, c, h, w = x.shape
        video = x.reshape(n // frames, frames, c, h, w).transpose(1, 2)
        y = F.silu(self.norm(video))
        lines = y.permute(0, 3, 4, 1, 2).reshape(-1, c, frames)
        lines = self.conv(lines).reshape(n // frames, h, w, c, frames)
        return (video + lines.permute(0, 3, 4, 1, 2)).transpose(1, 2).reshape(n, c, h, w)


class TemporalBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attn1 = nn.Module()
        for name in ["to_q", "to_k", "to_v"]:
            setattr(self.attn1, name, nn.Linear(width, width, bias=False))
        self.attn1.to_out = nn.ModuleList([nn.Linear(width, width)])
        self.norm3 = nn.LayerNorm(width)
        self.ff = nn.Module()
        expand = nn.Module()
        expand.proj = nn.Linear(width, 8 * width)
        self.ff.net = nn.ModuleList([expand, nn.Identity(), nn.Linear(4 * width, width)])


class TemporalTransformer(nn.Module):
    """Over the frames of each pixel: positions, self-attention, gated feed-forward."""

    def __init__(self, channels, heads, groups, max_frames):
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(groups, channels, eps=1e-6)
        self.proj_in = nn.Linear(channels, channels)
        self.frame_positions = nn.Embedding(max_frames, channels)
        self.transformer_blocks = nn.ModuleList([TemporalBlock(channels)])
        self.proj_out = nn.Linear(channels, channels)

    def forward(self, x, frames):
        n, c, h, w = x.shape
        video = x.reshape(n // frames, frames, c, h, w).transpose(1, 2)
        t = self.norm(video).permute(0, 3, 4, 2, 1).reshape(-1, frames, c)
        t = self.proj_in(t) + self.frame_positions.weight[:frames]
        block = self.transformer_blocks[0]
        y = block.norm1(t)
        q, k, v = (
            getattr(block.attn1, name)(y).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for name in ["to_q", "to_k", "to_v"]
        )
        y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(-2)
        t = t + block.attn1.to_out[0](y)
        value, gate = block.ff.net[0].proj(block.norm3(t)).chunk(2, dim=-1)
        t = self.proj_out(t + block.ff.net[2](value * F.gelu(gate)))
        t = t.reshape(n // frames, h, w, frames, c).permute(0, 4, 3, 1, 2)
        return (video + t).transpose(1, 2).reshape(n, c, h, w)


def gen1_model(config, frames):
    """gen1: diffusers' image UNet with temporal layers hung behind its layers, for clips of `frames`
    frames; they pass everything on unchanged where `active["video"]` is false."""
    image = {key: value for key, value in config.items() if not key.startswith("_")}
    taps, max_frames = image.pop("temporal_kernel_size"), image.pop("max_frames")
    model = UNet2DConditionModel(**image)
    groups = model.config.norm_num_groups
    active = {"video": True}

    def hang(resnet):
        channels = resnet.conv2.out_channels
        resnet.temporal_conv1 = TemporalConvolution(channels, taps, groups)
        resnet.temporal_conv2 = TemporalConvolution(channels, taps, groups)

        def before_norm2(module, inputs):
            return (resnet.temporal_conv1(inputs[0], frames),) if active["video"] else None

        def after(module, inputs, output):
            return resnet.temporal_conv2(output, frames) if active["video"] else None

        resnet.norm2.register_forward_pre_hook(before_norm2)
        resnet.register_forward_hook(after)

    for block in [*model.down_blocks, model.mid_block, *model.up_blocks]:
        for resnet in block.resnets:
            hang(resnet)
        if not hasattr(block, "attentions"):
            continue
        block.temporal_attentions = nn.ModuleList()
        for attention in block.attentions:
            temporal = TemporalTransformer(
                attention.norm.num_channels,
                attention.transformer_blocks[0].attn1.heads,
                groups,
                max_frames,
            )
            block.temporal_attentions.append(temporal)

            def after(module, inputs, output, temporal=temporal):
                if not active["video"]:
                    return None
                return (temporal(output[0], frames),)

            attention.register_forward_hook(after)
    return model, active


def gen1_stack(sample, structure, levels):
    """Latents, structure and the level's sinusoids side by side, a frame an image."""
    clips, _, frames, height, width = sample.shape
    level = torch.tensor(levels, dtype=torch.float64)
    angles = torch.stack([2 * math.pi * level / 8, 2 * math.pi * level / 32], dim=1)
    sinusoids = torch.cat([angles.cos(), angles.sin()], dim=1).to(sample.dtype)
    sinusoids = sinusoids[:, :, None, None, None].expand(clips, 4, frames, height, width)
    inputs = torch.cat([sample, structure, sinusoids], dim=1)
    return inputs.transpose(1, 2).flatten(0, 1)


def gen1_case(name, config, size, timesteps, levels, seed):
    clips, frames, height, width = size
    model, active = gen1_model(config, frames)
    fill(model)

    sample = random(clips, 4, frames, height, width, seed=seed)
    structure = random(clips, 4, frames, height, width, seed=seed + 1)
    content = random(clips, model.config.cross_attention_dim, seed=seed + 2)
    inputs = gen1_stack(sample, structure, levels)
    steps = torch.tensor(timesteps, dtype=torch.float32).repeat_interleave(frames)
    tensors = {
        "in.sample": sample,
        "in.structure": structure,
        "in.structure_level": torch.tensor(levels, dtype=torch.float32),
        "in.timestep": torch.tensor(timesteps, dtype=torch.float32),
        "in.content": content,
    }
    for mode, tokens in [("video", content), ("image", content), ("null", 0 * content)]:
        active["video"] = mode != "image"
        context = tokens[:, None].repeat_interleave(frames, dim=0)
        with torch.no_grad():
            v = model(inputs, steps, context).sample
        tensors[f"out.{mode}"] = v.unflatten(0, (clips, frames)).transpose(1, 2)
    save(name, model, config, tensors)


def vae_case(name, config, image_size, latent_size, seed):
    model = fill(AutoencoderKL(**config))
    image = random(*image_size[:1], model.config.in_channels, *image_size[1:], seed=seed)
    latent = random(
        *latent_size[:1], model.config.latent_channels, *latent_size[1:], seed=seed + 1
    )
    with torch.no_grad():
        posterior = model.encode(image).latent_dist
        decoded = model.decode(latent).sample
    save(
        name,
        model,
        json.loads(model.to_json_string()),
        {
            "in.image": image,
            "out.mean": posterior.mean,
            "out.logvar": posterior.logvar,
            "in.latent": latent,
            "out.image": decoded,
        },
    )


def cross(kinds, direction):
    return [f"CrossAttn{direction}Block2D" if kind else f"{direction}Block2D" for kind in kinds]


def main():
    torch.manual_seed(0)
    unet_case(
        "unet_sd15",
        dict(
            block_out_channels=(32, 64, 64),
            down_block_types=cross([1, 1, 0], "Down"),
            up_block_types=cross([0, 1, 1], "Up"),
            attention_head_dim=8,
            cross_attention_dim=48,
        ),
        size=(2, 9, 14),
        timesteps=[981.0, 21.0],
        tokens=11,
        seed=100,
    )
    unet_case(
        "unet_sd2",
        dict(
            in_channels=5,
            block_out_channels=(32, 64, 96),
            down_block_types=cross([1, 1, 1], "Down"),
            up_block_types=cross([1, 1, 1], "Up"),
            layers_per_block=1,
            attention_head_dim=(1, 2, 3),
            cross_attention_dim=40,
            use_linear_projection=True,
            transformer_layers_per_block=(1, 2, 1),
        ),
        size=(2, 8, 12),
        timesteps=[500.0],
        tokens=7,
        seed=200,
    )
    unet_case(
        "unet_control",
        dict(
            block_out_channels=(32, 64),
            down_block_types=cross([1, 0], "Down"),
            up_block_types=cross([0, 1], "Up"),
            attention_head_dim=4,
            cross_attention_dim=32,
        ),
        size=(1, 5, 7),
        timesteps=[301.0],
        tokens=3,
        seed=300,
        residuals=True,
    )
    # Everything that the others leave at its default; heads that do not divide the width; one token.
    unet_case(
        "unet_variant",
        dict(
            in_channels=3,
            out_channels=6,
            block_out_channels=(48, 96),
            down_block_types=cross([0, 1], "Down"),
            up_block_types=cross([1, 0], "Up"),
            layers_per_block=(2, 1),
            attention_head_dim=(3, 5),
            cross_attention_dim=20,
            norm_num_groups=16,
            norm_eps=1e-3,
            downsample_padding=0,
            mid_block_scale_factor=1.5,
            flip_sin_to_cos=False,
            freq_shift=1,
            time_embedding_dim=72,
        ),
        size=(2, 6, 10),
        timesteps=[10.5, 700.0],
        tokens=1,
        seed=400,
    )
    gen1_case(
        "gen1",
        dict(
            _class_name="WeftGen1UNet",
            in_channels=12,
            block_out_channels=(32, 64),
            down_block_types=cross([1, 0], "Down"),
            up_block_types=cross([0, 1], "Up"),
            layers_per_block=1,
            attention_head_dim=4,
            cross_attention_dim=24,
            max_frames=6,
            temporal_kernel_size=3,
        ),
        size=(2, 3, 5, 6),
        timesteps=[801.0, 33.0],
        levels=[0.0, 5.0],
        seed=500,
    )
    encoders, decoders = ["DownEncoderBlock2D"] * 3, ["UpDecoderBlock2D"] * 3
    vae_case(
        "vae",
        dict(
            block_out_channels=(32, 64, 64),
            down_block_types=encoders,
            up_block_types=decoders,
            layers_per_block=2,
        ),
        image_size=(2, 27, 36),
        latent_size=(2, 5, 7),
        seed=600,
    )
    vae_case(
        "vae_variant",
        dict(
            in_channels=4,
            out_channels=2,
            latent_channels=3,
            block_out_channels=(24, 40),
            down_block_types=encoders[:2],
            up_block_types=decoders[:2],
            norm_num_groups=8,
            mid_block_add_attention=False,
            use_quant_conv=False,
            use_post_quant_conv=False,
            scaling_factor=0.5,
        ),
        image_size=(1, 14, 10),
        latent_size=(1, 7, 4),
        seed=700,
    )


if __name__ == "__main__":
    main()
